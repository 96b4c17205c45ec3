-- one row per municipality: staff of the first and the last published fiscal year
-- 市区町村ごとに1行：公表されている最初の年度と最後の年度の職員数
-- key: lgcode
-- first_fiscal_year: 年度/year | 職員数が公表されている最初の年度 | first fiscal year with a published number of staff | 1990..2100
-- last_fiscal_year: 年度/year | 職員数が公表されている最後の年度 | last fiscal year with a published number of staff | 1990..2100
-- first_general_staff: 人/staff | 最初の年度の一般行政部門の職員数 | staff of general administration in the first year | 0..
-- last_general_staff: 人/staff | 最後の年度の一般行政部門の職員数 | staff of general administration in the last year | 0..
-- last_general_staff_per_1000: 人/staff | 最後の年度の人口千人当たりの一般行政部門の職員数 | staff of general administration per 1,000 residents in the last year | 0..
-- staff_change_pct: ％/% | 最初の年度から最後の年度までの職員数の増減率 | change in staff from the first to the last year | -100..
SELECT
    lgcode,
    min(fiscal_year) AS first_fiscal_year,
    max(fiscal_year) AS last_fiscal_year,
    arg_min(general_staff, fiscal_year) AS first_general_staff,
    arg_max(general_staff, fiscal_year) AS last_general_staff,
    arg_max(general_staff_per_1000, fiscal_year) AS last_general_staff_per_1000,
    100 * (arg_max(general_staff, fiscal_year) / arg_min(general_staff, fiscal_year) - 1) AS staff_change_pct
FROM mart_staffing
GROUP BY lgcode
