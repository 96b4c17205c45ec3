-- table: stg_dx_status
-- どの版にも、一覧にあるすべての都道府県と市区町村がある
-- every edition holds every prefecture and municipality of the list
WITH bodies AS (SELECT count(*) AS listed FROM staging.stg_municipalities)

SELECT
    edition,
    count(DISTINCT lgcode) AS bodies,
    any_value(listed) AS listed
FROM staging.stg_dx_status, bodies
GROUP BY edition
HAVING count(DISTINCT lgcode) <> any_value(listed)
ORDER BY edition
