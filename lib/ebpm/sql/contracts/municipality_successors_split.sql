-- table: mart_municipality_successor
-- 引き継ぎ先のない市区町村は分割されたものに限り、分割先は二つ以上の団体である
-- a former municipality without a successor was split, and its parts went to two bodies or more
WITH parts AS (
    SELECT
        lgcode_from,
        effective_date,
        count(DISTINCT lgcode_to) AS bodies
    FROM staging.stg_municipality_changes
    WHERE change_kind = 'split'
    GROUP BY lgcode_from, effective_date
)

SELECT
    s.former_lgcode,
    s.until_date,
    p.bodies
FROM mart_municipality_successor AS s
LEFT JOIN parts AS p ON s.former_lgcode = p.lgcode_from AND s.until_date = p.effective_date
WHERE (s.change_kind = 'split') <> (coalesce(p.bodies, 0) >= 2)
    OR (s.fate = 'split' AND s.same_territory)
    OR (s.change_kind = 'split' AND s.fate <> 'split')
