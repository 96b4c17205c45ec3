-- one row per index, edition, country and variable, as published
-- 指数・版・国・変数ごとに1行（公表値のまま）
-- key: index_source, edition, country, variable
-- index_source: | どの国際指数か（oecd_dgi：OECDデジタル政府指数、un_egdi：国連電子政府発展度指数） | which index: the OECD Digital Government Index or the UN E-Government Development Index | oecd_dgi, un_egdi
WITH names AS (
    SELECT
        country,
        arg_max(country_name, edition) AS country_name
    FROM staging.stg_un_egdi
    GROUP BY country
),

published AS (
    SELECT
        'oecd_dgi' AS index_source,
        edition,
        country,
        variable,
        value,
        missing
    FROM staging.stg_oecd_dgi
    UNION ALL
    SELECT
        'un_egdi' AS index_source,
        edition,
        country,
        variable,
        value,
        missing
    FROM staging.stg_un_egdi
)

SELECT
    p.index_source,
    p.edition,
    p.country,
    n.country_name,
    p.variable,
    p.value,
    p.missing
FROM published AS p
LEFT JOIN names AS n ON p.country = n.country
