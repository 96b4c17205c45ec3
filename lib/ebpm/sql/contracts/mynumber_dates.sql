-- table: stg_mynumber_cards
-- 算出基準日は版の日付、交付件数の基準日はその日以前、人口の基準日は交付件数の基準日以前の1月1日である
-- the calculation has the date of its edition, the count is not after it, the population is that of a 1 January before the count
SELECT
    edition,
    lgcode,
    calculated_on,
    cards_date,
    population_date
FROM staging.stg_mynumber_cards
WHERE CAST(edition AS DATE) != calculated_on
    OR cards_date > calculated_on
    OR population_date > cards_date
    OR strftime(population_date, '%m-%d') != '01-01'
