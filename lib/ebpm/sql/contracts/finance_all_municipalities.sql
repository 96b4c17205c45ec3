-- table: stg_finance_indicators
-- 市区町村は、初めて現れた年度から後のどの年度にも、最新の年度にもすべてある
-- from the first year in which it appears a municipality is in every year, and all are in the latest
WITH years AS (SELECT DISTINCT fiscal_year FROM staging.stg_finance_indicators),

first_years AS (
    SELECT m.lgcode, min(f.fiscal_year) AS first_year
    FROM staging.stg_municipalities AS m
    LEFT JOIN staging.stg_finance_indicators AS f ON m.lgcode = f.lgcode
    WHERE NOT m.is_prefecture
    GROUP BY m.lgcode
)

SELECT
    b.lgcode,
    y.fiscal_year
FROM first_years AS b
INNER JOIN years AS y
    ON y.fiscal_year >= coalesce(b.first_year, (SELECT max(fiscal_year) FROM years))
ANTI JOIN staging.stg_finance_indicators AS f
    ON b.lgcode = f.lgcode AND y.fiscal_year = f.fiscal_year
ORDER BY ALL
