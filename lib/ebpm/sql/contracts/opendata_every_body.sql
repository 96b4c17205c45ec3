-- table: stg_opendata_bodies
-- オープンデータ調査のどの回にも、すべての都道府県・市区町村がある
-- every edition of the open data survey holds every prefecture and municipality
SELECT
    e.edition,
    m.lgcode
FROM (SELECT DISTINCT edition FROM staging.stg_opendata_bodies) AS e
CROSS JOIN staging.stg_municipalities AS m
LEFT JOIN staging.stg_opendata_bodies AS b ON e.edition = b.edition AND m.lgcode = b.lgcode
WHERE b.lgcode IS NULL
