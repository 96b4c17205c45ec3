-- one row per body and procedure with a published online application rate
SELECT
    lgcode,
    category AS procedure_group,
    item AS procedure,
    application_rate_pct / 100 AS application_rate,
    edition,
    CASE
        WHEN application_rate_pct IS NULL THEN 'no_value'
        WHEN application_rate_pct NOT BETWEEN 0 AND 100 THEN 'percentage_out_of_range'
    END AS set_aside_reason
FROM raw.online_rates
