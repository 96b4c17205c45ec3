-- one row per respondent and wave of a staff survey
-- 職員アンケートの回答者・実施回ごとに1行
-- key: dataset, wave, respondent
-- role: | 職位 | position
SELECT dataset, wave, respondent, unit, age_band, role, coalesce(weight, 1.0) AS weight
FROM raw.staff_survey
