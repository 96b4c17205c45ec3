-- one row per edition (fiscal year), municipality and finance indicator
-- 版（年度）・市区町村・財政指標ごとに1行
-- key: edition, lgcode, indicator
SELECT
    edition,
    CAST(fiscal_year AS INTEGER) AS fiscal_year,
    lgcode,
    indicator,
    value,
    CAST(missing AS VARCHAR) AS missing,
    CASE
        WHEN (value IS NULL) = (missing IS NULL) THEN 'not_exactly_one_of_value_and_missing'
    END AS set_aside_reason
FROM raw.finance_indicators
