-- one row per municipality and fiscal year with a published number of general-administration staff
-- 一般行政部門の職員数が公表されている市区町村・年度ごとに1行
-- key: lgcode, fiscal_year
-- general_staff: 人/staff | 一般行政部門の職員数 | staff of general administration | 0..
-- general_staff_per_1000: 人/staff | 人口千人当たりの一般行政部門の職員数 | staff of general administration per 1,000 residents | 0..
SELECT
    s.lgcode,
    m.prefecture,
    m.name,
    s.fiscal_year,
    arg_max(s.value, s.edition) AS general_staff,
    1000 * arg_max(s.value, s.edition) / nullif(any_value(m.population), 0) AS general_staff_per_1000
FROM staging.stg_ssdse_a AS s
INNER JOIN mart_municipality AS m ON s.lgcode = m.lgcode
WHERE s.indicator = 'D1202'
GROUP BY s.lgcode, m.prefecture, m.name, s.fiscal_year
