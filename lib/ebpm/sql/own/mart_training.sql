-- one row per person, course and day of attendance
-- 職員・研修・受講日ごとに1行
-- key: dataset, staff, course, attended
-- course: | 研修 | course
-- attended: | 受講日 | day of attendance
-- score_before: 点/points | 受講前の得点 | score before the course
-- score_after: 点/points | 受講後の得点 | score after the course
SELECT dataset, staff, course, attended, office, score_before, score_after
FROM raw.training_log
