-- table: stg_resident_register
-- 市区町村の和は都道府県を超えず、最新の版では等しい（以前の版には、今はない市区町村がありうる）
-- municipalities never exceed their prefecture and equal it in the latest edition (bodies of today)
WITH sums AS (
    SELECT
        r.edition,
        m.prefecture,
        r.sex,
        r.age_class,
        sum(r.residents) FILTER (m.is_prefecture) AS residents,
        sum(r.residents) FILTER (NOT m.is_prefecture) AS in_municipalities
    FROM staging.stg_resident_register AS r
    INNER JOIN staging.stg_municipalities AS m ON r.lgcode = m.lgcode
    GROUP BY ALL
    HAVING count(*) = count(r.residents)
)

SELECT
    edition,
    prefecture,
    sex,
    age_class,
    residents,
    in_municipalities
FROM sums
WHERE in_municipalities > residents
    OR edition = (SELECT max(edition) FROM sums) AND residents IS DISTINCT FROM in_municipalities
ORDER BY ALL
