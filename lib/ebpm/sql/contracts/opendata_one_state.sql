-- table: mart_opendata_answer
-- 一つの設問の選択肢は、値があるかないか、ない理由も含めてすべて同じ状態にあり、回答ありなら一つ以上選ばれている
-- the options of a question are all in one state for a body, and an answered question has a tick
SELECT
    edition,
    lgcode,
    question_number
FROM mart_opendata_answer
GROUP BY edition, lgcode, question_number
HAVING
    count(DISTINCT coalesce(missing, '')) <> 1
    OR (count(missing) = 0 AND sum(chosen) = 0)
