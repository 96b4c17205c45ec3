-- one row per municipality and edition (date of count) of the My Number card counts
-- 市区町村・版（交付件数の基準日）ごとに1行
-- key: lgcode, edition
-- card_rate: | 人口に対する交付枚数の割合（計算値） | cards per resident, computed | 0..
-- card_pct: ％/% | 人口に対する交付枚数率（計算値） | cards per 100 residents, computed | 0..
-- days_since_previous: 日/days | 前の版の基準日からの日数 | days since the date of the edition before | 1..
-- cards_added: 枚/cards | 前の版からの交付枚数の増加（人口の基準日の変更に左右されない） | cards added since the edition before (untouched by the population base) |
-- population_base_changed: | 人口の基準日が前の版と異なるか（最初の版は空） | whether the date of the population differs from the edition before (empty for the first edition) | true, false
-- cards_per_100_change: ポイント/points | 前の版からの交付枚数率の変化（人口の基準日が同じときだけ） | change of cards per 100 residents since the edition before, where the population base is the same |
-- cards_per_100_change_missing: | 変化の値がない理由（最初の版、または人口の基準日が変わった版） | why there is no change: the first edition, or one with a new population base | not_applicable
WITH sequence AS (
    SELECT
        *,
        lag(cards) OVER before AS cards_before,
        lag(cards_date) OVER before AS cards_date_before,
        lag(population_date) OVER before AS population_date_before
    FROM staging.stg_mynumber_cards
    WINDOW before AS (PARTITION BY lgcode ORDER BY edition)
)

SELECT
    s.lgcode,
    m.prefecture,
    m.name,
    s.edition,
    s.cards_date,
    s.cards,
    s.population,
    s.population_date,
    s.cards / s.population AS card_rate,
    100 * s.cards / s.population AS card_pct,
    s.printed_rate_pct,
    s.cards_date - s.cards_date_before AS days_since_previous,
    s.cards - s.cards_before AS cards_added,
    s.population_date != s.population_date_before AS population_base_changed,
    CASE
        WHEN s.population_date = s.population_date_before
            THEN 100 * (s.cards - s.cards_before) / s.population
    END AS cards_per_100_change,
    CASE
        WHEN s.population_date IS DISTINCT FROM s.population_date_before THEN 'not_applicable'
    END AS cards_per_100_change_missing
FROM sequence AS s
INNER JOIN staging.stg_municipalities AS m ON s.lgcode = m.lgcode
