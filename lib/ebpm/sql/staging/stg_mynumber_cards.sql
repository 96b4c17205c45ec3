-- one row per edition (date of count) and municipality
-- 版（基準日）・市区町村ごとに1行
-- key: edition, lgcode
-- calculated_on: | 算出基準日 | date to which the publisher's calculation refers |
-- cards_date: | 交付件数基準日 | date of the count of cards |
-- cards: 枚/cards | マイナンバーカードの交付枚数（累計） | My Number cards handed over so far | 0..
-- printed_rate_pct: ％/% | 公表資料に印刷された交付枚数率（小数第1位まで） | cards per 100 residents as printed, to one decimal | 0..
SELECT
    edition,
    lgcode,
    CAST(calculated_on AS DATE) AS calculated_on,
    CAST(cards_date AS DATE) AS cards_date,
    CAST(population AS BIGINT) AS population,
    CAST(population_date AS DATE) AS population_date,
    CAST(cards AS BIGINT) AS cards,
    printed_rate_pct,
    CASE WHEN population <= 0 THEN 'no_residents' END AS set_aside_reason
FROM raw.mynumber_cards
