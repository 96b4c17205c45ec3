-- one row per municipality and procedure with a published online application rate (latest edition)
-- 市区町村・オンライン申請率が公表されている手続ごとに1行（最新の版）
-- key: lgcode, procedure_group, procedure
-- is_booking: | 図書館や施設の予約かどうか | whether the procedure is a booking of books or facilities |
SELECT
    r.lgcode,
    m.prefecture,
    r.procedure_group,
    r.procedure,
    r.application_rate,
    r.procedure IN ('図書館の図書貸出予約等', '文化・スポーツ施設等の利用予約等') AS is_booking
FROM staging.stg_online_rates AS r
INNER JOIN mart_municipality AS m ON r.lgcode = m.lgcode
WHERE r.edition = (SELECT max(edition) FROM staging.stg_online_rates)
