-- table: stg_procedures
-- 期間は下限が上限を超えず、日数がないときは必ず理由がある
-- no period has a lower end above its upper end, and one without days has a reason
SELECT
    edition,
    procedure_id,
    online_low_days,
    online_high_days,
    online_days,
    period_online_reason,
    offline_low_days,
    offline_high_days,
    offline_days,
    period_offline_reason
FROM staging.stg_procedures
WHERE
    online_low_days > online_high_days
    OR offline_low_days > offline_high_days
    OR (online_days IS NULL) = (period_online_reason IS NULL)
    OR (offline_days IS NULL) = (period_offline_reason IS NULL)
ORDER BY edition, procedure_id
