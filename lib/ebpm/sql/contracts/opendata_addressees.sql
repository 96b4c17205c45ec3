-- table: mart_opendata_answer
-- 対象でない団体・未提出の団体の回答は値を持たない
-- a body that a question is not for, or that handed in nothing, has no answer
SELECT
    a.edition,
    a.lgcode,
    a.question_number,
    a.option_number
FROM mart_opendata_answer AS a
INNER JOIN staging.stg_opendata_questions AS q
    ON a.edition = q.edition AND a.question_number = q.question_number
WHERE
    a.chosen IS NOT NULL
    AND (
        a.submission <> 'submitted'
        OR (q.asked_of = 'prefectures' AND NOT a.is_prefecture)
        OR (q.asked_of = 'municipalities' AND a.is_prefecture)
    )
