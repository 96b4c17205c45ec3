-- one row per data set, edition, municipality or prefecture, and indicator of the imported tables
-- 取り込んだ表のデータセット・版・市区町村（または都道府県）・指標ごとに1行
-- key: dataset, edition, lgcode, indicator
SELECT
    i.dataset,
    i.edition,
    i.lgcode,
    m.prefecture,
    m.name,
    m.kind,
    i.indicator,
    i.indicator_name,
    i.fiscal_year,
    i.date,
    i.unit,
    i.value,
    i.missing
FROM staging.stg_imported AS i
INNER JOIN staging.stg_municipalities AS m ON i.lgcode = m.lgcode
