-- table: stg_mynumber_cards
-- 交付枚数÷人口を小数第1位に四捨五入した値は、印刷された交付枚数率と一致する
-- cards ÷ population, rounded half up to one decimal, is the printed rate
SELECT
    edition,
    lgcode,
    cards,
    population,
    printed_rate_pct
FROM staging.stg_mynumber_cards
-- Tenths of a per cent in whole numbers: half a tenth added, rounded down.
WHERE (2000 * cards + population) // (2 * population) != CAST(round(10 * printed_rate_pct) AS BIGINT)
