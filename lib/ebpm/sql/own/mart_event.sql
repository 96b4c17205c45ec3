-- one row per event of a case (a start and its completion are one)
-- 案件の出来事（開始と終了で一つ）ごとに1行
-- key: dataset, case_id, activity, started
-- activity: | 作業 | activity
-- started: | 開始日時 | moment of its start
WITH numbered AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY dataset, case_id, activity, transition ORDER BY "time"
        ) AS place
    FROM raw.event_log
),

begun AS (
    SELECT * FROM numbered WHERE transition IS DISTINCT FROM 'complete'
),

finished AS (
    SELECT * FROM numbered WHERE transition = 'complete'
)

SELECT
    coalesce(b.dataset, f.dataset) AS dataset,
    coalesce(b.case_id, f.case_id) AS case_id,
    coalesce(b.activity, f.activity) AS activity,
    coalesce(b."time", f."time") AS started,
    coalesce(b.end_time, CASE WHEN b.transition = 'start' AND f."time" >= b."time" THEN f."time" END) AS ended,
    coalesce(b.staff, f.staff) AS staff,
    coalesce(b.channel, f.channel) AS channel,
    coalesce(b.procedure, f.procedure) AS procedure,
    coalesce(b.office, f.office) AS office
FROM begun AS b
FULL OUTER JOIN finished AS f
    ON b.dataset = f.dataset AND b.case_id = f.case_id AND b.activity = f.activity
    AND b.place = f.place AND b.transition = 'start'
