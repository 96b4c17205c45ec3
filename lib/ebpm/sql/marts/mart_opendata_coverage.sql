-- one row per edition of the open data survey and question
-- オープンデータ調査の回・設問ごとに1行
-- key: edition, question_number
-- bodies_asked: 団体/bodies | 設問の対象と分かっている団体数（回答あり＋回答なし） | bodies known to be asked (with an answer or without) | 0..
-- bodies_answered: 団体/bodies | 有効な回答のある団体数 | bodies with a usable answer | 0..
-- bodies_not_submitted: 団体/bodies | 対象のうち、アンケートを提出していない団体数 | bodies asked that handed in nothing | 0..
-- bodies_left_blank: 団体/bodies | 対象のうち、提出したがこの設問が空欄の団体数 | bodies asked that handed in their answers but left this one blank | 0..
-- bodies_no_answer: 団体/bodies | 対象のうち、回答のない団体数（未提出と空欄の合計） | bodies asked without an answer (both of the former) | 0..
-- bodies_unknown: 団体/bodies | 回答を一つに読み取れない、または前提の設問に回答がなく対象か分からない団体数 | bodies whose marks cannot be read as one answer, or who may or may not have been asked | 0..
-- bodies_over_limit: 団体/bodies | 選択できる数の上限を超えて選択した団体数 | bodies that ticked more options than allowed | 0..
-- bodies_not_asked: 団体/bodies | 設問の対象でない団体数 | bodies the question was not for | 0..
-- response_rate: | 対象の団体のうち、有効な回答のある団体の割合（任意記入の設問は空欄） | share of bodies asked with a usable answer (empty for voluntary questions) | 0..1
WITH replies AS (
    SELECT
        edition,
        lgcode,
        question_number,
        any_value(missing) AS missing,
        sum(chosen) AS options_chosen
    FROM staging.stg_opendata_answers
    GROUP BY edition, lgcode, question_number
    UNION ALL
    SELECT
        edition,
        lgcode,
        question_number,
        missing,
        NULL AS options_chosen
    FROM staging.stg_opendata_texts
),

counted AS (
    SELECT
        r.edition,
        r.question_number,
        count(*) FILTER (r.missing IS NULL OR r.missing = 'no_answer') AS bodies_asked,
        count(*) FILTER (r.missing IS NULL) AS bodies_answered,
        count(*) FILTER (r.missing = 'no_answer' AND b.submission <> 'submitted')
            AS bodies_not_submitted,
        count(*) FILTER (r.missing = 'no_answer' AND b.submission = 'submitted')
            AS bodies_left_blank,
        count(*) FILTER (r.missing = 'no_answer') AS bodies_no_answer,
        count(*) FILTER (r.missing = 'unknown') AS bodies_unknown,
        count(*) FILTER (r.options_chosen > q.max_choices) AS bodies_over_limit,
        count(*) FILTER (r.missing = 'not_asked') AS bodies_not_asked
    FROM replies AS r
    INNER JOIN staging.stg_opendata_bodies AS b ON r.edition = b.edition AND r.lgcode = b.lgcode
    INNER JOIN staging.stg_opendata_questions AS q
        ON r.edition = q.edition AND r.question_number = q.question_number
    GROUP BY r.edition, r.question_number
)

SELECT
    c.*,
    q.question_type,
    q.question,
    q.asked_of,
    q.is_voluntary,
    CASE WHEN NOT q.is_voluntary THEN c.bodies_answered / nullif(c.bodies_asked, 0) END
        AS response_rate
FROM counted AS c
INNER JOIN staging.stg_opendata_questions AS q
    ON c.edition = q.edition AND c.question_number = q.question_number
