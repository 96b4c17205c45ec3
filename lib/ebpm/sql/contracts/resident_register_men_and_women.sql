-- table: stg_resident_register
-- どの団体・年齢階級でも、男女の和が計に等しい
-- men and women add up to all in every body and age class
SELECT
    edition,
    lgcode,
    age_class,
    max(residents) FILTER (sex = 'all') AS residents,
    sum(residents) FILTER (sex <> 'all') AS men_and_women
FROM staging.stg_resident_register
GROUP BY ALL
HAVING count(residents) = 3 AND residents <> men_and_women OR count(*) <> 3
ORDER BY ALL
