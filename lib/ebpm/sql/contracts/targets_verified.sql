-- table: stg_targets
-- 出典を確認した目標には、計画の名称・決定日・公式ページがある
-- a verified target has its plan, the date of its decision and its official page
SELECT target_id, plan_ja, decided_on, page
FROM staging.stg_targets
WHERE verified AND (plan_ja IS NULL OR decided_on IS NULL OR page IS NULL)
ORDER BY target_id
