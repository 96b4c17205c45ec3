-- one row per municipality (latest edition of each indicator)
WITH latest AS (
    SELECT lgcode, indicator, arg_max(value, edition) AS value
    FROM staging.stg_ssdse_a
    GROUP BY lgcode, indicator
),

wide AS (
    SELECT
        lgcode,
        max(value) FILTER (indicator = 'A1101') AS population,
        max(value) FILTER (indicator = 'A1301') AS population_under_15,
        max(value) FILTER (indicator = 'A1302') AS population_15_to_64,
        max(value) FILTER (indicator = 'A1303') AS population_65_and_over,
        max(value) FILTER (indicator = 'B1103') AS habitable_ha,
        max(value) FILTER (indicator = 'D2203') AS ordinary_balance_pct,
        max(value) FILTER (indicator = 'D2211') AS real_debt_service_pct,
        max(value) FILTER (indicator = 'D320101') AS local_tax_1000_yen
    FROM latest
    GROUP BY lgcode
)

SELECT
    m.lgcode,
    m.prefecture,
    m.name,
    m.kind,
    CAST(w.population AS BIGINT) AS population,
    100 * w.population_65_and_over
    / nullif(w.population_under_15 + w.population_15_to_64 + w.population_65_and_over, 0) AS aged_pct,
    w.population / nullif(w.habitable_ha / 100, 0) AS habitable_density_per_km2,
    w.ordinary_balance_pct,
    w.real_debt_service_pct,
    w.local_tax_1000_yen / nullif(w.population, 0) AS local_tax_per_capita_1000_yen
FROM staging.stg_municipalities AS m
INNER JOIN wide AS w ON m.lgcode = w.lgcode
WHERE NOT m.is_prefecture
