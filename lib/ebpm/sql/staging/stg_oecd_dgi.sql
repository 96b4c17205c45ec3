-- one row per edition, country and variable of the OECD Digital Government Index
-- 版・国・変数ごとに1行（OECDデジタル政府指数）
-- key: edition, country, variable
-- country: | 国（ISO 3166-1 の3文字コード） | country (ISO 3166-1 alpha-3 code) |
-- variable: | 指数を構成する変数（`rank` で終わる名は順位、その他は0〜1の指数） | variable of the index (a rank where the name ends with `rank`, otherwise an index from 0 to 1) |
SELECT
    edition,
    country,
    variable,
    value,
    missing,
    CASE
        WHEN value IS NULL AND missing IS NULL THEN 'no_value_and_no_kind_of_missing'
        WHEN variable NOT LIKE '%rank' AND value NOT BETWEEN 0 AND 1 THEN 'index_out_of_range'
    END AS set_aside_reason
FROM raw.oecd_dgi
