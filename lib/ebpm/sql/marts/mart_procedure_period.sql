-- one row per national procedure: standard processing periods of both channels, in days where they could be read (latest edition)
-- 国の手続ごとに1行：オンラインとオンライン以外の標準処理期間（日数にできるものは日数、最新の版）
-- key: procedure_id
-- is_from_residents_or_firms: | 手続主体が国民等または民間事業者等かどうか | whether residents or firms act |
-- recipient_may_be_local: | 手続の受け手に地方等を含むかどうか | whether local bodies are among those who receive |
-- recipient_is_local: | 手続の受け手が地方等だけかどうか | whether local bodies alone receive |
-- procedure_kind: | 手続名から分けた種類（届出、報告、許認可等、その他） | kind of procedure, told from its name | notification, report, approval, other
-- online_case_rate: | 年間の手続件数に占めるオンラインの割合 | share of cases handled online | 0..1
-- online_minus_offline_days: 日/days | オンラインの日数からオンライン以外の日数を引いた差 | days online minus days offline | -1096..1096
-- online_minus_offline_days_missing: | 日数の差がない理由 | why there is no difference in days | not_applicable, unknown, suppressed, unreadable, no_answer
-- is_same_text: | オンラインとオンライン以外の期間の記載が同じかどうか | whether both periods are stated in the same words |
-- is_range: | どちらかの期間に幅があるかどうか | whether one of the periods is a range |
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
    cases_online / nullif(cases, 0) AS online_case_rate,
    period_online_text,
    period_offline_text,
    online_days,
    offline_days,
    online_low_days,
    offline_low_days,
    online_days - offline_days AS online_minus_offline_days,
    CASE
        WHEN online_days - offline_days IS NOT NULL THEN NULL
        WHEN 'withheld' IN (period_online_reason, period_offline_reason) THEN 'suppressed'
        WHEN 'unknown' IN (period_online_reason, period_offline_reason) THEN 'unknown'
        WHEN
            period_online_reason IN ('not_applicable', 'not_set', 'bare_none')
            OR period_offline_reason IN ('not_applicable', 'not_set', 'bare_none') THEN 'not_applicable'
        WHEN period_online_reason != 'blank' OR period_offline_reason != 'blank' THEN 'unreadable'
        ELSE 'no_answer'
    END AS online_minus_offline_days_missing,
    period_online_text = period_offline_text AS is_same_text,
    online_low_days < online_high_days
    OR offline_low_days < offline_high_days AS is_range
FROM staging.stg_procedures
WHERE edition = (SELECT max(edition) FROM staging.stg_procedures)
