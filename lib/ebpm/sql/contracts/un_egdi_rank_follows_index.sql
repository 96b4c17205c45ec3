-- table: stg_un_egdi
-- 順位は EGDI の大きい順である（同じ値は同じ順位）
-- the rank follows the index (equal values share a rank)
WITH wide AS (
    SELECT
        edition,
        country,
        max(value) FILTER (variable = 'egdi') AS egdi,
        max(value) FILTER (variable = 'egdi_rank') AS egdi_rank
    FROM staging.stg_un_egdi
    GROUP BY edition, country
    HAVING max(value) FILTER (variable = 'egdi') IS NOT NULL
)

SELECT
    edition,
    country,
    egdi,
    egdi_rank
FROM wide
QUALIFY egdi_rank IS DISTINCT FROM rank() OVER (PARTITION BY edition ORDER BY egdi DESC)
