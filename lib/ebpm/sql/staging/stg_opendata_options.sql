-- one row per edition of the open data survey, question and option
-- オープンデータ調査の回・設問・選択肢ごとに1行
-- key: edition, question_number, option_number
-- option_number: | 選択肢の番号 | number of the option | 1..
-- option_label: | 選択肢 | wording of the option |
SELECT
    CAST(edition AS INTEGER) AS edition,
    CAST(question_number AS INTEGER) AS question_number,
    CAST(option_number AS INTEGER) AS option_number,
    option_label,
    CASE WHEN coalesce(option_label, '') = '' THEN 'no_label' END AS set_aside_reason
FROM raw.opendata_options
