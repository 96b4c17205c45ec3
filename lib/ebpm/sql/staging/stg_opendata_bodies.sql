-- one row per edition of the open data survey and body
-- オープンデータ調査の回・団体ごとに1行
-- key: edition, lgcode
-- submission: | アンケートの提出状況 | whether the body handed in its answers | submitted, not_submitted, unconfirmed
SELECT
    CAST(edition AS INTEGER) AS edition,
    lgcode,
    submission,
    CASE
        WHEN submission IS NULL THEN 'no_submission_status'
    END AS set_aside_reason
FROM raw.opendata_bodies
