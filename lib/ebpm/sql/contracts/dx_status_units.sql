-- table: stg_dx_status
-- 実施状況（status）は0か1、割合（pct）は0〜100、件数（count）は0以上の整数
-- a status is 0 or 1, a percentage 0 to 100, a count a whole number from 0
SELECT
    edition,
    lgcode,
    indicator,
    unit,
    value
FROM staging.stg_dx_status
WHERE
    unit NOT IN ('status', 'pct', 'count')
    OR (unit = 'status' AND value NOT IN (0, 1))
    OR (unit = 'pct' AND value NOT BETWEEN 0 AND 100)
    OR (unit = 'count' AND (value < 0 OR value <> floor(value)))
ORDER BY edition, lgcode, indicator
