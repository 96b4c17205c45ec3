-- one row per data set, edition, body and indicator of the imported tables
-- 取り込んだ表のデータセット・版・団体・指標ごとに1行
-- key: dataset, edition, lgcode, indicator
SELECT
    dataset,
    edition,
    lgcode,
    indicator,
    indicator_name,
    CAST(fiscal_year AS INTEGER) AS fiscal_year,
    CAST(date AS DATE) AS date,
    unit,
    value,
    missing,
    CASE WHEN value IS NULL AND missing IS NULL THEN 'no_value' END AS set_aside_reason
FROM raw.imported
