-- table: stg_procedures
-- オンラインとオンライン以外の件数の和は総数に等しく、どちらも総数を超えない
-- cases online and offline add up to all cases, and neither exceeds them
SELECT
    edition,
    procedure_id,
    cases,
    cases_online,
    cases_offline
FROM staging.stg_procedures
WHERE cases_online + cases_offline <> cases OR cases_online > cases OR cases_offline > cases
ORDER BY edition, procedure_id
