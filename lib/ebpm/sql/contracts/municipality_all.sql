-- table: mart_municipality
-- 一覧にあるすべての市区町村がある
-- every municipality of the list is here
SELECT
    lgcode,
    prefecture,
    name
FROM staging.stg_municipalities
WHERE NOT is_prefecture AND lgcode NOT IN (SELECT lgcode FROM mart_municipality)
ORDER BY lgcode
