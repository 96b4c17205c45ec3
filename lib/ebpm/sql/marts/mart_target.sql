-- one row per policy target (latest edition of the list)
-- 政策目標ごとに1行（一覧の最新の版）
-- key: target_id
SELECT
    target_id,
    indicator_ja,
    indicator_en,
    target_pct,
    due_fiscal_year,
    plan_ja,
    plan_en,
    decided_on,
    page,
    verified
FROM staging.stg_targets
WHERE edition = (SELECT max(edition) FROM staging.stg_targets)
