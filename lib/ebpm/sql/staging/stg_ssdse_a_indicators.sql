-- one row per edition and indicator
-- 版・指標ごとに1行
-- key: edition, indicator
-- indicator_name: | 指標の名称 | name of the indicator |
SELECT
    CAST(edition AS INTEGER) AS edition,
    indicator,
    CAST(fiscal_year AS INTEGER) AS fiscal_year,
    name AS indicator_name,
    CASE WHEN coalesce(name, '') = '' THEN 'no_name' END AS set_aside_reason
FROM raw.ssdse_a_indicators
