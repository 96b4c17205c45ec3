-- one row per former municipality (latest edition), with the body of today that holds its territory
-- かつての市区町村ごとに1行（最新の版。その区域を引き継いだ今の団体を添える）
-- key: former_lgcode, until_date
SELECT
    s.former_lgcode,
    s.former_name,
    s.since_date,
    s.until_date,
    s.change_kind,
    s.fate,
    s.lgcode,
    m.prefecture,
    m.name,
    s.same_territory
FROM staging.stg_municipality_successors AS s
LEFT JOIN staging.stg_municipalities AS m ON s.lgcode = m.lgcode
WHERE s.edition = (SELECT max(edition) FROM staging.stg_municipality_successors)
