-- table: mart_opendata_coverage
-- 対象の団体数は回答ありと回答なしの合計に等しく、対象外・不明と合わせて全団体になる
-- bodies asked have an answer or none; with those not asked and those unknown they are all bodies
SELECT
    c.edition,
    c.question_number
FROM mart_opendata_coverage AS c
INNER JOIN (
    SELECT
        edition,
        count(*) AS bodies
    FROM staging.stg_opendata_bodies
    GROUP BY edition
) AS b ON c.edition = b.edition
WHERE
    c.bodies_asked <> c.bodies_answered + c.bodies_no_answer
    OR c.bodies_no_answer <> c.bodies_not_submitted + c.bodies_left_blank
    OR c.bodies_asked + c.bodies_not_asked + c.bodies_unknown <> b.bodies
