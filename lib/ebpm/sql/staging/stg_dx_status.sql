-- one row per body and dashboard indicator
SELECT
    lgcode,
    category,
    item AS indicator,
    value,
    unit,
    missing AS missing_kind,
    edition,
    CASE
        WHEN value IS NULL AND missing IS NULL THEN 'no_value_and_no_kind_of_missing'
        WHEN unit = 'pct' AND value NOT BETWEEN 0 AND 100 THEN 'percentage_out_of_range'
    END AS set_aside_reason
FROM raw.dx_status
