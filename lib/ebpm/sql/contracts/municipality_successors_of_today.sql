-- table: mart_municipality_successor
-- かつての市区町村の引き継ぎ先は、どれも今の市区町村である
-- every successor of a former municipality is a municipality of today
SELECT
    s.former_lgcode,
    s.until_date,
    s.lgcode
FROM mart_municipality_successor AS s
LEFT JOIN staging.stg_municipalities AS m ON s.lgcode = m.lgcode AND NOT m.is_prefecture
WHERE s.lgcode IS NOT NULL AND m.lgcode IS NULL
