-- one row per municipality and dashboard indicator (latest edition)
-- 市区町村・ダッシュボードの指標ごとに1行（最新の版）
-- key: lgcode, indicator
SELECT
    d.lgcode,
    m.prefecture,
    m.name,
    d.category,
    d.indicator,
    d.unit,
    d.value,
    d.missing
FROM staging.stg_dx_status AS d
INNER JOIN mart_municipality AS m ON d.lgcode = m.lgcode
WHERE d.edition = (SELECT max(edition) FROM staging.stg_dx_status)
