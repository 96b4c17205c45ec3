-- table: stg_resident_register
-- 年齢階級の和は総数を超えず、「*」のない市区町村では差が100人に1人まで（年齢不詳）
-- age classes never exceed the total; without an asterisk a municipality's differ by 1 in 100 at most
WITH sums AS (
    SELECT
        r.edition,
        r.lgcode,
        r.sex,
        r.is_age_incomplete OR any_value(m.is_prefecture) AS may_differ,
        max(r.residents) FILTER (r.age_class = 'all') AS residents,
        sum(r.residents) FILTER (r.age_class <> 'all') AS in_age_classes
    FROM staging.stg_resident_register AS r
    INNER JOIN staging.stg_municipalities AS m ON r.lgcode = m.lgcode
    GROUP BY r.edition, r.lgcode, r.sex, r.is_age_incomplete
    HAVING count(*) = count(r.residents)
)

SELECT
    edition,
    lgcode,
    sex,
    residents,
    in_age_classes
FROM sums
WHERE in_age_classes > residents
    OR NOT may_differ AND 100 * (residents - in_age_classes) > residents
ORDER BY ALL
