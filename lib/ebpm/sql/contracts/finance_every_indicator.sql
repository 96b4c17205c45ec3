-- table: stg_finance_indicators
-- どの年度でも、公表された指標は市区町村のすべてについて値か欠損の理由がある
-- in every year each indicator has a value or a reason for every municipality of that year
SELECT
    b.fiscal_year,
    b.lgcode,
    i.indicator
FROM (SELECT DISTINCT fiscal_year, lgcode FROM staging.stg_finance_indicators) AS b
INNER JOIN (SELECT DISTINCT fiscal_year, indicator FROM staging.stg_finance_indicators) AS i
    ON b.fiscal_year = i.fiscal_year
ANTI JOIN staging.stg_finance_indicators AS f
    ON b.fiscal_year = f.fiscal_year AND b.lgcode = f.lgcode AND i.indicator = f.indicator
ORDER BY ALL
