-- one row per municipality (latest edition of each indicator)
-- 市区町村ごとに1行（各指標は最新の版）
-- key: lgcode
-- population: 人/residents | 人口 | residents | 0..
-- aged_pct: ％/% | 65歳以上人口の割合（年齢不詳を除く人口に対する） | residents aged 65 and over, of those whose age is known | 0..100
-- habitable_density_per_km2: 人/residents | 可住地面積1平方キロメートル当たりの人口 | residents per square kilometre of habitable land | 0..
-- ordinary_balance_pct: ％/% | 経常収支比率 | ordinary balance ratio | 0..
-- real_debt_service_pct: ％/% | 実質公債費比率（負の値もある） | real debt service ratio; may be negative |
-- local_tax_per_capita_1000_yen: 千円/1,000 yen | 人口1人当たりの地方税 | local tax per resident | 0..
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
