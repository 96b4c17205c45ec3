-- one row per edition, country and variable of the UN E-Government Development Index
-- 版・国・変数ごとに1行（国連電子政府発展度指数）
-- key: edition, country, variable
-- country_name: | 国名（国連の英語表記） | name of the country as the United Nations write it |
SELECT
    edition,
    country,
    country_name,
    variable,
    value,
    missing,
    CASE
        WHEN value IS NULL AND missing IS NULL THEN 'no_value_and_no_kind_of_missing'
        WHEN variable NOT LIKE '%rank' AND value NOT BETWEEN 0 AND 1 THEN 'index_out_of_range'
    END AS set_aside_reason
FROM raw.un_egdi
