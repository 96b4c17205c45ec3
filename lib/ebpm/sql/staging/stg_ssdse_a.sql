-- one row per edition, municipality and indicator
SELECT
    CAST(edition AS INTEGER) AS edition,
    lgcode,
    indicator,
    CAST(fiscal_year AS INTEGER) AS fiscal_year,
    value,
    CASE WHEN value IS NULL THEN 'no_value' END AS set_aside_reason
FROM raw.ssdse_a
