-- one row per edition and indicator
SELECT
    CAST(edition AS INTEGER) AS edition,
    indicator,
    CAST(fiscal_year AS INTEGER) AS fiscal_year,
    name,
    CASE WHEN coalesce(name, '') = '' THEN 'no_name' END AS set_aside_reason
FROM raw.ssdse_a_indicators
