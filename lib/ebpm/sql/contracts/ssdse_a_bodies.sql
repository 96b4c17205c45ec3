-- table: stg_ssdse_a
-- どの版にも、一覧にあるすべての市区町村がある
-- every edition holds every municipality of the list
WITH bodies AS (
    SELECT count(*) AS listed FROM staging.stg_municipalities WHERE NOT is_prefecture
)

SELECT
    edition,
    count(DISTINCT lgcode) AS municipalities,
    any_value(listed) AS listed
FROM staging.stg_ssdse_a, bodies
GROUP BY edition
HAVING count(DISTINCT lgcode) <> any_value(listed)
ORDER BY edition
