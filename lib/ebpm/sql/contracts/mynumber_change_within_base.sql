-- table: mart_mynumber
-- 交付枚数率の変化は、人口の基準日が前の版と同じときだけ値を持つ
-- the change of the rate has a value only where the population base is that of the edition before
SELECT
    lgcode,
    edition,
    population_base_changed,
    cards_per_100_change
FROM mart_mynumber
WHERE (cards_per_100_change IS NOT NULL) != coalesce(NOT population_base_changed, false)
