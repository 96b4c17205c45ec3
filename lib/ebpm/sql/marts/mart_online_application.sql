-- one row per municipality with at least one published online application rate
-- オンライン申請率が1手続以上公表されている市区町村ごとに1行
-- key: lgcode
-- procedures_offered: 手続/procedures | オンライン申請率が公表されている手続の数 | procedures with a published online application rate | 1..
-- mean_application_rate: | オンライン申請率の平均（手続ごとに同じ重み） | mean online application rate, every procedure weighing the same | 0..1
-- mean_application_rate_without_bookings: | 予約を除くオンライン申請率の平均 | mean online application rate without bookings | 0..1
SELECT
    lgcode,
    count(*) AS procedures_offered,
    avg(application_rate) AS mean_application_rate,
    avg(application_rate) FILTER (NOT is_booking) AS mean_application_rate_without_bookings
FROM mart_online_rate
GROUP BY lgcode
