-- one row per edition of the open data survey, body, question and option (questions with options)
-- オープンデータ調査の回・団体・設問・選択肢ごとに1行（選択式の設問）
-- key: edition, lgcode, question_number, option_number
SELECT
    a.edition,
    a.lgcode,
    m.prefecture,
    m.name,
    m.kind,
    m.is_prefecture,
    b.submission,
    a.question_number,
    q.question_type,
    a.option_number,
    o.option_label,
    a.chosen,
    a.missing
FROM staging.stg_opendata_answers AS a
INNER JOIN staging.stg_municipalities AS m ON a.lgcode = m.lgcode
INNER JOIN staging.stg_opendata_bodies AS b ON a.edition = b.edition AND a.lgcode = b.lgcode
INNER JOIN staging.stg_opendata_questions AS q
    ON a.edition = q.edition AND a.question_number = q.question_number
INNER JOIN staging.stg_opendata_options AS o
    ON
        a.edition = o.edition
        AND a.question_number = o.question_number
        AND a.option_number = o.option_number
