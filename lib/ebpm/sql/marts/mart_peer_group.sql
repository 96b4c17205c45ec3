-- one row per municipality: its group of like bodies, by kind, population and industry
-- 市区町村ごとに1行：団体の種類・人口・産業構造による類似団体の区分
-- key: lgcode
-- secondary_tertiary_pct: ％/% | 第2次・第3次産業の就業者の割合（分類できない者を除く） | employed in secondary and tertiary industry, of those classified | 0..100
-- tertiary_pct: ％/% | 第3次産業の就業者の割合（分類できない者を除く） | employed in tertiary industry, of those classified | 0..100
-- peer_group: | 類似団体の区分（指定都市・特別区・中核市は各1区分、市は人口4段階×産業4区分、町村は人口5段階×産業3区分。人口0の団体は区分なし） | group of like bodies: designated cities, special wards and core cities one each; cities 4 classes of population × 4 of industry, towns and villages 5 × 3; none where nobody lives |
-- peer_group_size: 団体/bodies | 同じ区分の団体の数（自らを含む） | bodies in the same group, itself included | 1..
WITH employed AS (
    SELECT
        lgcode,
        max(value) FILTER (indicator = 'F2201') AS primary_workers,
        max(value) FILTER (indicator = 'F2211') AS secondary_workers,
        max(value) FILTER (indicator = 'F2221') AS tertiary_workers
    FROM staging.stg_ssdse_a
    WHERE edition = (SELECT max(edition) FROM staging.stg_ssdse_a)
    GROUP BY lgcode
),

shares AS (
    SELECT
        m.lgcode,
        m.prefecture,
        m.name,
        m.kind,
        m.population,
        100 * (e.secondary_workers + e.tertiary_workers)
        / nullif(e.primary_workers + e.secondary_workers + e.tertiary_workers, 0) AS secondary_tertiary_pct,
        100 * e.tertiary_workers
        / nullif(e.primary_workers + e.secondary_workers + e.tertiary_workers, 0) AS tertiary_pct
    FROM mart_municipality AS m
    INNER JOIN employed AS e ON m.lgcode = e.lgcode
),

grouped AS (
    SELECT
        *,
        CASE
            WHEN kind IN ('designated_city', 'special_ward', 'core_city') THEN kind
            WHEN secondary_tertiary_pct IS NULL THEN NULL
            WHEN kind = 'city'
                THEN
                    'city-'
                    || CASE
                        WHEN population < 50000 THEN '1'
                        WHEN population < 100000 THEN '2'
                        WHEN population < 150000 THEN '3'
                        ELSE '4'
                    END
                    || CASE
                        WHEN secondary_tertiary_pct >= 90 AND tertiary_pct >= 65 THEN '-3'
                        WHEN secondary_tertiary_pct >= 90 THEN '-2'
                        WHEN tertiary_pct >= 55 THEN '-1'
                        ELSE '-0'
                    END
            ELSE
                'town-'
                || CASE
                    WHEN population < 5000 THEN '1'
                    WHEN population < 10000 THEN '2'
                    WHEN population < 15000 THEN '3'
                    WHEN population < 20000 THEN '4'
                    ELSE '5'
                END
                || CASE
                    WHEN secondary_tertiary_pct >= 80 AND tertiary_pct >= 60 THEN '-2'
                    WHEN secondary_tertiary_pct >= 80 THEN '-1'
                    ELSE '-0'
                END
        END AS peer_group
    FROM shares
)

SELECT
    lgcode,
    prefecture,
    name,
    kind,
    population,
    secondary_tertiary_pct,
    tertiary_pct,
    peer_group,
    CASE
        WHEN peer_group IS NOT NULL THEN count(*) OVER (PARTITION BY peer_group)
    END AS peer_group_size
FROM grouped
