-- table: mart_opendata_answer
-- 選択式の設問の選択肢は、団体ごとにちょうど1行ずつある
-- every body has every option of every question exactly once
SELECT
    b.edition,
    b.lgcode,
    o.question_number,
    o.option_number,
    count(a.lgcode) AS rows_found
FROM staging.stg_opendata_bodies AS b
INNER JOIN staging.stg_opendata_options AS o ON b.edition = o.edition
LEFT JOIN mart_opendata_answer AS a
    ON
        b.edition = a.edition
        AND b.lgcode = a.lgcode
        AND o.question_number = a.question_number
        AND o.option_number = a.option_number
GROUP BY b.edition, b.lgcode, o.question_number, o.option_number
HAVING count(a.lgcode) <> 1
