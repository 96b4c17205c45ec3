-- one row per respondent and wave of a survey of residents
-- 住民アンケートの回答者・実施回ごとに1行
-- key: dataset, wave, respondent
-- district: | 居住地区 | district of residence
SELECT dataset, wave, respondent, age_band, district, channel, coalesce(weight, 1.0) AS weight
FROM raw.resident_survey
