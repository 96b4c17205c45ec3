-- one row per municipality and procedure with a published online application rate
SELECT
    r.lgcode,
    m.prefecture,
    r.procedure_group,
    r.procedure,
    r.application_rate,
    r.procedure IN ('図書館の図書貸出予約等', '文化・スポーツ施設等の利用予約等') AS is_booking
FROM staging.stg_online_rates AS r
INNER JOIN mart_municipality AS m ON r.lgcode = m.lgcode
