-- table: stg_finance_indicators
-- 負の値がありうるのは実質公債費比率と起債制限比率だけ
-- only the real debt service ratio and the former bond restriction ratio may be negative
SELECT
    fiscal_year,
    lgcode,
    indicator,
    value
FROM staging.stg_finance_indicators
WHERE value < 0 AND indicator NOT IN ('real_debt_service_pct', 'bond_restriction_pct')
ORDER BY ALL
