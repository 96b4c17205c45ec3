-- one row per national procedure
SELECT
    * EXCLUDE (procedure_type, applicant, recipient, affairs_class, online_status),
    procedure_type AS procedure_type_text,
    split_part(procedure_type, ' ', 1) AS procedure_type,
    applicant AS applicant_text,
    split_part(applicant, ' ', 1) AS applicant,
    recipient AS recipient_text,
    split_part(recipient, ' ', 1) AS recipient,
    affairs_class AS affairs_class_text,
    split_part(affairs_class, ' ', 1) AS affairs_class,
    online_status AS online_status_text,
    split_part(online_status, ' ', 1) AS online_status,
    CASE WHEN cases < 0 OR cases_online < 0 OR cases_offline < 0 THEN 'negative_count' END AS set_aside_reason
FROM raw.procedures
