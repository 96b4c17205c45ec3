-- table: stg_boundaries
-- どの版にも、一覧にある47都道府県と1,741市区町村の境界がすべてある
-- every edition holds the boundary of each of the 47 prefectures and 1,741 municipalities listed
SELECT
    editions.edition,
    m.lgcode,
    m.name
FROM (SELECT DISTINCT edition FROM staging.stg_boundaries) AS editions
CROSS JOIN staging.stg_municipalities AS m
LEFT JOIN staging.stg_boundaries AS b
    ON editions.edition = b.edition AND m.lgcode = b.lgcode
    AND (b.level = 'prefecture') = m.is_prefecture
WHERE b.lgcode IS NULL
ORDER BY ALL
