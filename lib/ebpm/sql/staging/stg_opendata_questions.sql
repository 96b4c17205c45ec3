-- one row per edition of the open data survey and question
-- オープンデータ調査の回・設問ごとに1行
-- key: edition, question_number
-- question_number: | 設問の番号 | number of the question | 1..
-- question_type: | 回答の形式（単一選択・複数選択・自由記述） | how it is answered | single, multiple, free
-- question: | 設問の全文 | the whole wording of the question |
-- asked_of: | 回答する団体 | the bodies the question is put to | all, prefectures, municipalities
-- depends_on_question: | 回答の前提となる設問の番号 | number of the question that leads to this one | 1..
-- depends_on_option: | 回答の前提となる選択肢の番号 | number of its option that leads to this one | 1..
-- max_choices: 個/options | 選択できる数の上限（空欄は上限なし） | how many options may be ticked (empty: any number) | 1..
-- is_voluntary: | 該当があるときだけ記入する設問 | answered only by bodies that have something to say |
SELECT
    CAST(edition AS INTEGER) AS edition,
    CAST(question_number AS INTEGER) AS question_number,
    question_type,
    question,
    asked_of,
    CAST(depends_on_question AS INTEGER) AS depends_on_question,
    CAST(depends_on_option AS INTEGER) AS depends_on_option,
    CAST(max_choices AS INTEGER) AS max_choices,
    is_voluntary,
    CASE
        WHEN coalesce(question, '') = '' THEN 'no_question'
        WHEN (depends_on_question IS NULL) <> (depends_on_option IS NULL) THEN 'half_a_condition'
    END AS set_aside_reason
FROM raw.opendata_questions
