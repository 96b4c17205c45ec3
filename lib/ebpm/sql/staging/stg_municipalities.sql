-- one row per prefecture or municipality
SELECT
    lgcode,
    prefecture,
    name,
    nullif(county, '') AS county,
    nullif(island, '') AS island,
    kind,
    kind = 'prefecture' AS is_prefecture,
    CASE WHEN NOT coalesce(regexp_full_match(lgcode, '\d{6}'), false) THEN 'lgcode_is_not_six_digits' END AS set_aside_reason
FROM raw.municipalities
