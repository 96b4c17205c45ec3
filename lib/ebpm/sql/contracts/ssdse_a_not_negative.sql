-- table: stg_ssdse_a
-- 実質公債費比率（D2211）のほかに負の値はない
-- no value is negative but the real debt service ratio (D2211)
SELECT
    edition,
    lgcode,
    indicator,
    value
FROM staging.stg_ssdse_a
WHERE value < 0 AND indicator <> 'D2211'
ORDER BY edition, lgcode, indicator
