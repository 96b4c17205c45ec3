-- table: mart_opendata_answer
-- 単一選択の設問に回答した団体は、選択肢をちょうど一つ選んでいる
-- a body that answered a single-choice question ticked exactly one option
SELECT
    edition,
    lgcode,
    question_number,
    sum(chosen) AS options_chosen
FROM mart_opendata_answer
WHERE question_type = 'single' AND missing IS NULL
GROUP BY edition, lgcode, question_number
HAVING sum(chosen) <> 1
