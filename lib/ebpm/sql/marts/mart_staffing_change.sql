-- one row per municipality: staff of the first and the last published fiscal year
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
