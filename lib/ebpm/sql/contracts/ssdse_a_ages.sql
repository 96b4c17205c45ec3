-- table: stg_ssdse_a
-- 年齢3区分の人口の和は総人口を超えず、75歳以上は65歳以上を超えない
-- the three age groups do not exceed the population, nor those over 75 those over 65
SELECT
    edition,
    lgcode,
    sum(value) FILTER (indicator = 'A1101') AS population,
    sum(value) FILTER (indicator IN ('A1301', 'A1302', 'A1303')) AS in_age_groups,
    sum(value) FILTER (indicator = 'A1303') AS aged_65_and_over,
    sum(value) FILTER (indicator = 'A1419') AS aged_75_and_over
FROM staging.stg_ssdse_a
WHERE indicator IN ('A1101', 'A1301', 'A1302', 'A1303', 'A1419')
GROUP BY edition, lgcode
HAVING in_age_groups > population OR aged_75_and_over > aged_65_and_over
ORDER BY edition, lgcode
