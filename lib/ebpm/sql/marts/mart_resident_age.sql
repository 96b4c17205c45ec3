-- one row per municipality and edition (reference date) of the resident register
-- 市区町村・版（基準日）ごとに1行（住民基本台帳人口）
-- key: lgcode, edition
-- residents_male: 人/residents | 住民（男） | male residents | 0..
-- residents_female: 人/residents | 住民（女） | female residents | 0..
-- residents_under_15: 人/residents | 15歳未満の住民 | residents under 15 | 0..
-- residents_15_to_64: 人/residents | 15〜64歳の住民 | residents aged 15 to 64 | 0..
-- residents_65_and_over: 人/residents | 65歳以上の住民 | residents aged 65 and over | 0..
-- residents_75_and_over: 人/residents | 75歳以上の住民 | residents aged 75 and over | 0..
-- residents_without_age: 人/residents | どの年齢階級にも数えられていない住民（総数−年齢階級の合計） | residents counted in no age class: the total less the sum of the classes | 0..
-- aged_65_pct: ％/% | 年齢階級の分かる住民に占める65歳以上の割合 | share of those aged 65 and over among residents in an age class | 0..100
-- aged_75_pct: ％/% | 年齢階級の分かる住民に占める75歳以上の割合 | share of those aged 75 and over among residents in an age class | 0..100
WITH totals AS (
    SELECT
        lgcode,
        edition,
        date,
        is_age_incomplete,
        max(residents) FILTER (sex = 'all') AS residents,
        max(residents) FILTER (sex = 'male') AS residents_male,
        max(residents) FILTER (sex = 'female') AS residents_female
    FROM staging.stg_resident_register
    WHERE age_class = 'all'
    GROUP BY ALL
),

-- No sum of age classes where one of them has no value.
ages AS (
    SELECT
        lgcode,
        edition,
        CAST(sum(residents) AS BIGINT) AS residents_with_age,
        CAST(sum(residents) FILTER (age_from < 15) AS BIGINT) AS residents_under_15,
        CAST(sum(residents) FILTER (age_from BETWEEN 15 AND 64) AS BIGINT) AS residents_15_to_64,
        CAST(sum(residents) FILTER (age_from >= 65) AS BIGINT) AS residents_65_and_over,
        CAST(sum(residents) FILTER (age_from >= 75) AS BIGINT) AS residents_75_and_over
    FROM staging.stg_resident_register
    WHERE sex = 'all' AND age_class <> 'all'
    GROUP BY lgcode, edition
    HAVING count(*) = count(residents)
)

SELECT
    t.lgcode,
    m.prefecture,
    m.name,
    t.edition,
    t.date,
    t.residents,
    t.residents_male,
    t.residents_female,
    a.residents_under_15,
    a.residents_15_to_64,
    a.residents_65_and_over,
    a.residents_75_and_over,
    t.residents - a.residents_with_age AS residents_without_age,
    100 * a.residents_65_and_over / nullif(a.residents_with_age, 0) AS aged_65_pct,
    100 * a.residents_75_and_over / nullif(a.residents_with_age, 0) AS aged_75_pct,
    t.is_age_incomplete
FROM totals AS t
INNER JOIN staging.stg_municipalities AS m ON t.lgcode = m.lgcode AND NOT m.is_prefecture
LEFT JOIN ages AS a ON t.lgcode = a.lgcode AND t.edition = a.edition
