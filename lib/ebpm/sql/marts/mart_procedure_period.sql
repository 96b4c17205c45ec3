-- one row per national procedure: standard processing periods of both channels, in days where they could be read
SELECT
    procedure_id,
    ministry,
    law,
    procedure,
    procedure_type,
    procedure_type_text,
    applicant,
    applicant IN ('5', '6', '7') AS is_from_residents_or_firms,
    recipient,
    recipient_text,
    contains(coalesce(recipient_text, ''), '地方等') AS recipient_may_be_local,
    recipient = '3' AS recipient_is_local,
    affairs_class,
    CASE
        WHEN procedure LIKE '%届%' THEN 'notification'
        WHEN procedure LIKE '%報告%' THEN 'report'
        WHEN regexp_matches(procedure, '許可|認可|承認|認定|免許|登録|指定|確認') THEN 'approval'
        ELSE 'other'
    END AS procedure_kind,
    online_status,
    cases,
    cases_online,
    cases_offline,
    cases_online / nullif(cases, 0) AS online_case_share,
    period_online_text,
    period_offline_text,
    period_online_days AS online_days,
    period_offline_days AS offline_days,
    period_online_low_days AS online_low_days,
    period_offline_low_days AS offline_low_days,
    period_online_days - period_offline_days AS online_minus_offline_days,
    period_online_text = period_offline_text AS is_same_text,
    period_online_low_days < period_online_high_days
    OR period_offline_low_days < period_offline_high_days AS is_range
FROM staging.stg_procedures
