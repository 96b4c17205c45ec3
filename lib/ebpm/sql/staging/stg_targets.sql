-- one row per policy target
-- 政策目標ごとに1行
-- key: target_id
-- target_id: | 目標の記号 | name of the target in data/targets.toml |
-- indicator_ja: | 指標の名称 | the indicator, in Japanese |
-- indicator_en: | 指標の名称（英語） | the indicator, in English |
-- target_pct: ％/% | 目標値 | the target | 0..100
-- due_fiscal_year: 年度/fiscal year | 目標年度（この年度の末まで） | fiscal year by whose end the target is due | 2000..2099
-- plan_ja: | 根拠となる計画・法律 | the plan or law, in Japanese |
-- plan_en: | 根拠となる計画・法律（英語） | the plan or law, in English |
-- decided_on: | 計画の決定日 | date on which the plan was decided |
-- page: | 計画の公式ページ | official page of the plan |
-- verified: | 指標の文言と数値を計画の本文で確認したかどうか | whether wording and numbers were read in the plan itself |
-- note_ja: | 注記 | note, in Japanese |
-- note_en: | 注記（英語） | note, in English |
SELECT
    edition,
    target_id,
    indicator_ja,
    indicator_en,
    target_pct,
    CAST(due_fiscal_year AS INTEGER) AS due_fiscal_year,
    plan_ja,
    plan_en,
    TRY_CAST(decided_on AS DATE) AS decided_on,
    page,
    verified = 1 AS verified,
    note_ja,
    note_en,
    CASE
        WHEN target_pct IS NULL OR target_pct NOT BETWEEN 0 AND 100 THEN 'percentage_out_of_range'
        WHEN decided_on IS NOT NULL AND TRY_CAST(decided_on AS DATE) IS NULL THEN 'not_a_date'
    END AS set_aside_reason
FROM raw.targets
