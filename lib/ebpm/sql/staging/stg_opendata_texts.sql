-- one row per edition of the open data survey, body and free question
-- オープンデータ調査の回・団体・自由記述の設問ごとに1行
-- key: edition, lgcode, question_number
-- text_characters: 字/characters | 自由記述の文字数（本文は収録しない） | length of the free text (the text itself is not kept) | 1..
SELECT
    CAST(edition AS INTEGER) AS edition,
    lgcode,
    CAST(question_number AS INTEGER) AS question_number,
    CAST(text_characters AS INTEGER) AS text_characters,
    missing,
    CASE
        WHEN text_characters IS NULL AND missing IS NULL THEN 'no_value_and_no_kind_of_missing'
        WHEN text_characters IS NOT NULL AND missing IS NOT NULL THEN 'value_and_kind_of_missing'
        WHEN text_characters < 1 THEN 'no_text'
    END AS set_aside_reason
FROM raw.opendata_texts
