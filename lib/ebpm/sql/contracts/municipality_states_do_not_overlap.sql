-- table: mart_municipality_successor
-- 同じコードの状態は、日付の上で重ならない
-- the states of one code do not overlap in time
SELECT
    a.former_lgcode,
    a.until_date,
    b.since_date
FROM mart_municipality_successor AS a
INNER JOIN mart_municipality_successor AS b
    ON a.former_lgcode = b.former_lgcode AND a.until_date < b.until_date
WHERE coalesce(b.since_date < a.until_date, true)
