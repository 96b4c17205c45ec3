-- table: stg_dx_status
-- オンライン化済みの手続数（分子）は、実施している手続の総数（分母）を超えない
-- the procedures put online (numerator) do not exceed those carried out (denominator)
SELECT
    part.edition,
    part.lgcode,
    part.indicator,
    part.value,
    whole.value AS denominator
FROM staging.stg_dx_status AS part
INNER JOIN staging.stg_dx_status AS whole
    ON part.edition = whole.edition AND part.lgcode = whole.lgcode AND part.category = whole.category
    AND split_part(part.indicator, '_', 1) = split_part(whole.indicator, '_', 1)
WHERE part.indicator LIKE '%（分子）' AND whole.indicator LIKE '%（分母）' AND part.value > whole.value
ORDER BY ALL
