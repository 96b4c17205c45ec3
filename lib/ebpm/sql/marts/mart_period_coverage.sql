-- one row per channel and reason: how many stated processing periods could be read, and why the rest could not
SELECT
    'online' AS channel,
    coalesce(period_online_reason, 'read') AS reason,
    count(*) AS procedures
FROM staging.stg_procedures
GROUP BY ALL
UNION ALL
SELECT
    'offline' AS channel,
    coalesce(period_offline_reason, 'read') AS reason,
    count(*) AS procedures
FROM staging.stg_procedures
GROUP BY ALL
