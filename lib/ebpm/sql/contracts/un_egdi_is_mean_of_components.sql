-- table: stg_un_egdi
-- EGDI は3つの構成指数（OSI・HCI・TII）の平均である（2010年の重みは0.34・0.33・0.33）
-- EGDI is the mean of its three components (in 2010 with weights 0.34, 0.33, 0.33)
WITH wide AS (
    SELECT
        edition,
        country,
        max(value) FILTER (variable = 'egdi') AS egdi,
        max(value) FILTER (variable = 'osi') AS osi,
        max(value) FILTER (variable = 'hci') AS hci,
        max(value) FILTER (variable = 'tii') AS tii
    FROM staging.stg_un_egdi
    GROUP BY edition, country
)

SELECT
    edition,
    country,
    egdi,
    osi,
    hci,
    tii
FROM wide
WHERE egdi IS NOT NULL
    AND NOT coalesce(
        abs(
            egdi
            - CASE edition WHEN '2010' THEN 0.34 * osi + 0.33 * hci + 0.33 * tii ELSE (osi + hci + tii) / 3 END
        ) < 0.0001,
        false
    )
