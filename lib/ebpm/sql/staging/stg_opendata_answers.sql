-- one row per edition of the open data survey, body, question and option (questions with options)
-- オープンデータ調査の回・団体・設問・選択肢ごとに1行（選択式の設問）
-- key: edition, lgcode, question_number, option_number
-- chosen: | 選択したか（1＝選択、0＝選択せず、空欄＝回答なし） | whether the option was ticked (empty: no usable answer) | 0, 1
SELECT
    CAST(edition AS INTEGER) AS edition,
    lgcode,
    CAST(question_number AS INTEGER) AS question_number,
    CAST(option_number AS INTEGER) AS option_number,
    CAST(chosen AS TINYINT) AS chosen,
    missing,
    CASE
        WHEN chosen IS NULL AND missing IS NULL THEN 'no_value_and_no_kind_of_missing'
        WHEN chosen IS NOT NULL AND missing IS NOT NULL THEN 'value_and_kind_of_missing'
        WHEN chosen NOT IN (0, 1) THEN 'neither_chosen_nor_not'
    END AS set_aside_reason
FROM raw.opendata_answers
