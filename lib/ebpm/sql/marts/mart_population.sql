-- one row per municipality and census year (latest edition)
-- 市区町村・国勢調査の年ごとに1行（最新の版）
-- key: lgcode, census_year
-- census_year: 年/year | 国勢調査の年 | year of the census | 1990..2100
-- population_under_15: 人/residents | 15歳未満の人口 | residents under 15 | 0..
-- population_15_to_64: 人/residents | 15〜64歳の人口 | residents aged 15 to 64 | 0..
-- population_65_and_over: 人/residents | 65歳以上の人口 | residents aged 65 and over | 0..
-- population_75_and_over: 人/residents | 75歳以上の人口 | residents aged 75 and over | 0..
-- population_age_unknown: 人/residents | 年齢不詳の人口（総人口−年齢3区分の合計） | residents whose age is not known: the total less the three age groups | 0..
SELECT
    s.lgcode,
    m.prefecture,
    m.name,
    s.fiscal_year AS census_year,
    CAST(arg_max(s.value, s.edition) FILTER (s.indicator = 'A1101') AS BIGINT) AS population,
    CAST(arg_max(s.value, s.edition) FILTER (s.indicator = 'A1301') AS BIGINT) AS population_under_15,
    CAST(arg_max(s.value, s.edition) FILTER (s.indicator = 'A1302') AS BIGINT) AS population_15_to_64,
    CAST(arg_max(s.value, s.edition) FILTER (s.indicator = 'A1303') AS BIGINT) AS population_65_and_over,
    CAST(arg_max(s.value, s.edition) FILTER (s.indicator = 'A1419') AS BIGINT) AS population_75_and_over,
    CAST(
        arg_max(s.value, s.edition) FILTER (s.indicator = 'A1101')
        - arg_max(s.value, s.edition) FILTER (s.indicator = 'A1301')
        - arg_max(s.value, s.edition) FILTER (s.indicator = 'A1302')
        - arg_max(s.value, s.edition) FILTER (s.indicator = 'A1303') AS BIGINT
    ) AS population_age_unknown
FROM staging.stg_ssdse_a AS s
INNER JOIN staging.stg_municipalities AS m ON s.lgcode = m.lgcode AND NOT m.is_prefecture
WHERE s.indicator IN ('A1101', 'A1301', 'A1302', 'A1303', 'A1419')
GROUP BY s.lgcode, m.prefecture, m.name, s.fiscal_year
