-- table: stg_municipality_changes
-- 中核市・特例市への移行ではコードが変わらず、政令指定都市への移行では変わる
-- becoming a core or special city keeps the code, becoming a designated city changes it
SELECT
    edition,
    effective_date,
    change_kind,
    lgcode_from,
    lgcode_to
FROM staging.stg_municipality_changes
WHERE (change_kind IN ('became_core_city', 'became_special_city') AND lgcode_from <> lgcode_to)
    OR (change_kind = 'became_designated_city' AND lgcode_from = lgcode_to)
