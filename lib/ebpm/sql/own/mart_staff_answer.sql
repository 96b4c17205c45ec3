-- one row per respondent, wave and question of a staff survey that was answered
-- 職員アンケートの回答者・実施回・設問（回答のあったもの）ごとに1行
-- key: dataset, wave, respondent, item
SELECT
    r.dataset,
    r.wave,
    r.respondent,
    r.unit, r.age_band, r.role,
    coalesce(r.weight, 1.0) AS weight,
    a.entry.key AS item,
    CAST(a.entry.value AS INTEGER) AS score
FROM raw.staff_survey AS r, unnest(map_entries(r.answers)) AS a (entry)
WHERE a.entry.value IS NOT NULL
