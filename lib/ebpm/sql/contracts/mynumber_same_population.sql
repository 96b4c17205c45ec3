-- table: stg_mynumber_cards
-- 人口の基準日が同じなら、市区町村の人口はどの版でも同じである
-- a municipality has one population for one date of population, whatever the edition
SELECT
    lgcode,
    population_date,
    min(population) AS smallest,
    max(population) AS largest
FROM staging.stg_mynumber_cards
GROUP BY lgcode, population_date
HAVING min(population) != max(population)
