-- table: stg_oecd_dgi
-- 総合指数は6つの次元の平均である（小数第3位への丸めを除く）
-- the composite index is the mean of the six dimensions (up to rounding to three decimals)
SELECT
    edition,
    country,
    max(value) FILTER (variable = 'composite_index') AS composite_index,
    avg(value) FILTER (variable NOT LIKE 'composite%') AS mean_of_dimensions
FROM staging.stg_oecd_dgi
GROUP BY edition, country
HAVING count(value) FILTER (variable NOT LIKE 'composite%') != 6
    OR abs(composite_index - mean_of_dimensions) > 0.00101
