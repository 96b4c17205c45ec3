-- one row per prefecture or municipality (boundary of the latest edition)
-- 都道府県・市区町村ごとに1行（境界は最新の版）
-- key: lgcode
SELECT
    b.lgcode,
    m.prefecture,
    m.name,
    m.kind,
    b.level,
    b.edition,
    b.label_longitude_deg,
    b.label_latitude_deg,
    b.geometry
FROM staging.stg_boundaries AS b
INNER JOIN staging.stg_municipalities AS m ON b.lgcode = m.lgcode
QUALIFY b.edition = max(b.edition) OVER ()
