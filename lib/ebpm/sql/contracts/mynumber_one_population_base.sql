-- table: stg_mynumber_cards
-- 1つの版の人口の基準日は全市区町村で同じである
-- one edition has one date of population for all municipalities
SELECT
    edition,
    count(DISTINCT population_date) AS population_dates
FROM staging.stg_mynumber_cards
GROUP BY edition
HAVING count(DISTINCT population_date) > 1
