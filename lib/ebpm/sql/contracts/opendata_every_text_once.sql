-- table: stg_opendata_texts
-- 自由記述の設問は、団体ごとにちょうど1行ずつある
-- every body has every free question exactly once
SELECT
    b.edition,
    b.lgcode,
    q.question_number,
    count(t.lgcode) AS rows_found
FROM staging.stg_opendata_bodies AS b
INNER JOIN staging.stg_opendata_questions AS q
    ON b.edition = q.edition AND q.question_type = 'free'
LEFT JOIN staging.stg_opendata_texts AS t
    ON
        b.edition = t.edition
        AND b.lgcode = t.lgcode
        AND q.question_number = t.question_number
GROUP BY b.edition, b.lgcode, q.question_number
HAVING count(t.lgcode) <> 1
