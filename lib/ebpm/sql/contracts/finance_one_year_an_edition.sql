-- table: stg_finance_indicators
-- 版の名前は年度（西暦）
-- an edition is named by its fiscal year
SELECT
    edition,
    lgcode,
    indicator,
    fiscal_year
FROM staging.stg_finance_indicators
WHERE edition <> CAST(fiscal_year AS VARCHAR)
