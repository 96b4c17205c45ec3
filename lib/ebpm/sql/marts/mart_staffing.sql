-- one row per municipality and fiscal year with a published number of general-administration staff
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
