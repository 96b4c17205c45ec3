-- one row per edition, municipality and indicator
-- 版・市区町村・指標ごとに1行
-- key: edition, lgcode, indicator
-- edition: | 公表元による版の呼び名（公表日または年） | the publisher's own name of the edition, a date or a year |
-- indicator: | 指標（公表元のコード、コードがなければ名称） | indicator: the publisher's code, or its name where it has none |
-- fiscal_year: 年度/year | 年度（始まる年の西暦） | Western year in which the fiscal year begins | 1990..2100
-- value: | 値（単位は指標による） | value, in the unit of the indicator |
SELECT
    CAST(edition AS INTEGER) AS edition,
    lgcode,
    indicator,
    CAST(fiscal_year AS INTEGER) AS fiscal_year,
    value,
    CASE WHEN value IS NULL THEN 'no_value' END AS set_aside_reason
FROM raw.ssdse_a
