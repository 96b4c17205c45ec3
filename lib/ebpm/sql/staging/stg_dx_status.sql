-- one row per edition, body and dashboard indicator
-- 版・団体・ダッシュボードの指標ごとに1行
-- key: edition, lgcode, category, indicator
-- category: | 公表元による分野 | the publisher's category |
-- unit: | 値の単位（ダッシュボードでは status：実施は1・未実施は0、pct：0〜100の％、count：件数） | unit of the value (dashboard: status is 1 done or 0 not done, pct is 0–100, count is a number of cases) |
-- missing: | 値がない理由 | why there is no value | suppressed, not_applicable, unknown, not_asked, no_answer, not_offered, unreadable, zero_or_missing
SELECT
    lgcode,
    category,
    item AS indicator,
    value,
    unit,
    missing,
    edition,
    CASE
        WHEN value IS NULL AND missing IS NULL THEN 'no_value_and_no_kind_of_missing'
        WHEN unit = 'pct' AND value NOT BETWEEN 0 AND 100 THEN 'percentage_out_of_range'
    END AS set_aside_reason
FROM raw.dx_status
