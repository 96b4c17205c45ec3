-- one row per application of a handling log, or case of an event log
-- 処理記録の申請（イベントログでは案件）ごとに1行
-- key: dataset, form, case_id
-- form: | 元の様式 | form it comes from | handling_log, event_log
-- case_id: | 受付番号・案件番号 | number of the application or case
-- procedure: | 手続 | procedure
-- channel: | 受付方法 | channel of receipt
-- outcome: | 結果・状態 | outcome or state
-- received: | 受付日時 | moment of receipt
-- completed: | 完了日時（未完了は空欄） | moment of completion, NULL while unfinished
-- is_closed: | 完了しているか | whether it is finished
-- observed_until: | 記録の最後の時点 | last moment that the log knows of
-- elapsed_hours: 時間/hours | 受付から完了までの経過時間 | hours from receipt to completion | 0..
-- at_risk_hours: 時間/hours | 受付から完了（未完了は記録の最後）まで | hours from receipt to completion or to the end of the log
-- working_hours: 時間/hours | 経過時間のうち開庁時間 | opening hours from receipt to completion | 0..
-- handling_minutes: 分/minutes | 職員の処理時間 | staff time | 0..
-- hand_overs: 回/times | 担当者の交代 | changes of the person in charge | 0..
-- received_month: | 受付月（月初の日） | month of receipt (its first day)
-- received_weekday: | 受付の曜日（1＝月曜） | weekday of receipt (1 = Monday) | 1..7
-- received_on_holiday: | 閉庁日の受付か | whether received on a day when the office is closed
WITH applications AS (
    SELECT
        dataset,
        'handling_log' AS form,
        case_id,
        procedure,
        channel,
        office,
        staff,
        outcome,
        received,
        completed,
        handling_minutes,
        CAST(NULL AS INTEGER) AS hand_overs
    FROM raw.handling_log
),

events AS (
    SELECT
        *,
        lag(staff) OVER (PARTITION BY dataset, case_id ORDER BY started, activity) AS staff_before
    FROM mart_event
),

cases AS (
    SELECT
        dataset,
        'event_log' AS form,
        case_id,
        min(procedure) AS procedure,
        arg_min(channel, started) AS channel,
        arg_min(office, started) AS office,
        CAST(NULL AS VARCHAR) AS staff,
        arg_max(activity, coalesce(ended, started)) AS outcome,
        min(started) AS received,
        max(coalesce(ended, started)) AS completed,
        sum(date_diff('second', started, ended)) / 60.0 AS handling_minutes,
        CAST(count(*) FILTER (WHERE staff_before <> staff) AS INTEGER) AS hand_overs
    FROM events
    GROUP BY dataset, case_id
),

together AS NOT MATERIALIZED (
    SELECT * FROM applications
    UNION ALL BY NAME
    SELECT * FROM cases
),

ends AS (
    SELECT dataset, form, max(greatest(received, completed)) AS observed_until
    FROM together
    GROUP BY dataset, form
)

SELECT
    t.dataset,
    t.form,
    t.case_id,
    t.procedure,
    t.channel,
    t.office,
    t.staff,
    t.outcome,
    t.received,
    t.completed,
    t.completed IS NOT NULL AS is_closed,
    o.observed_until,
    date_diff('microsecond', t.received, t.completed) / 3.6e9 AS elapsed_hours,
    date_diff('microsecond', t.received, coalesce(t.completed, o.observed_until)) / 3.6e9 AS at_risk_hours,
    (
        e.opened_before + e.is_open::BIGINT * open_microseconds(t.completed)
        - d.opened_before - d.is_open::BIGINT * open_microseconds(t.received)
    ) / 3.6e9 AS working_hours,
    t.handling_minutes,
    t.hand_overs,
    CAST(date_trunc('month', t.received) AS DATE) AS received_month,
    CAST(isodow(t.received) AS INTEGER) AS received_weekday,
    NOT d.is_open AS received_on_holiday
FROM together AS t
INNER JOIN ends AS o ON t.dataset = o.dataset AND t.form = o.form
LEFT JOIN calendar_day AS d ON CAST(t.received AS DATE) = d.day
LEFT JOIN calendar_day AS e ON CAST(t.completed AS DATE) = e.day
