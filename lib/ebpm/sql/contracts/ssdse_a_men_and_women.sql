-- table: stg_ssdse_a
-- 男女別の値がある指標では、男女の和が総数に等しい
-- where an indicator is given for men and women, both add up to the total
WITH parts AS (
    SELECT
        whole.edition,
        whole.indicator AS whole,
        part.indicator,
        part.indicator <> whole.indicator AS is_part
    FROM staging.stg_ssdse_a_indicators AS whole
    INNER JOIN staging.stg_ssdse_a_indicators AS part
        ON whole.edition = part.edition
        AND part.indicator_name IN (
            whole.indicator_name,
            concat(whole.indicator_name, '（男）'),
            concat(whole.indicator_name, '（女）')
        )
    QUALIFY count(*) OVER (PARTITION BY whole.edition, whole.indicator) = 3
)

SELECT
    edition,
    lgcode,
    whole AS indicator,
    sum(value) FILTER (NOT is_part) AS value,
    sum(value) FILTER (is_part) AS men_and_women
FROM staging.stg_ssdse_a
INNER JOIN parts USING (edition, indicator)
GROUP BY edition, lgcode, whole
HAVING count(*) = 3 AND sum(value) FILTER (NOT is_part) <> sum(value) FILTER (is_part)
ORDER BY edition, lgcode, indicator
