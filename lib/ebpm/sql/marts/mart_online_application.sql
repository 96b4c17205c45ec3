-- one row per municipality with at least one published online application rate
SELECT
    lgcode,
    count(*) AS procedures_offered,
    avg(application_rate) AS mean_application_rate,
    avg(application_rate) FILTER (NOT is_booking) AS mean_application_rate_without_bookings
FROM mart_online_rate
GROUP BY lgcode
