-- one row per edition and prefecture or municipality
-- 版・都道府県または市区町村ごとに1行
-- key: edition, lgcode
-- level: | 都道府県の境界か市区町村の境界か | whether the boundary is a prefecture's or a municipality's | municipality, prefecture
-- label_longitude_deg: 度/degrees | 最も大きな区域の内側にある点の経度（名前を置く位置） | longitude of a point inside the largest part, for a label | 122..154
-- label_latitude_deg: 度/degrees | 最も大きな区域の内側にある点の緯度（名前を置く位置） | latitude of a point inside the largest part, for a label | 20..46
-- geometry: | 境界（GeoJSONの図形。小数点以下4桁の経度・緯度） | boundary, as a GeoJSON geometry in degrees to 4 decimals |
SELECT
    CAST(edition AS VARCHAR) AS edition,
    level,
    lgcode,
    label_longitude_deg,
    label_latitude_deg,
    geometry,
    CASE WHEN coalesce(geometry, '') = '' THEN 'no_geometry' END AS set_aside_reason
FROM raw.boundaries
