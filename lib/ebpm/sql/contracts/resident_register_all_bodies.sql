-- table: stg_resident_register
-- 団体は、初めて現れた版から後のどの版にも、最新の版にもすべてある
-- from the first edition in which it appears a body is in every edition, and all are in the latest
WITH editions AS (SELECT DISTINCT edition FROM staging.stg_resident_register),

first_editions AS (
    SELECT m.lgcode, min(r.edition) AS first_edition
    FROM staging.stg_municipalities AS m
    LEFT JOIN staging.stg_resident_register AS r ON m.lgcode = r.lgcode
    GROUP BY m.lgcode
)

SELECT
    e.edition,
    b.lgcode
FROM first_editions AS b
INNER JOIN editions AS e
    ON e.edition >= coalesce(b.first_edition, (SELECT max(edition) FROM editions))
ANTI JOIN staging.stg_resident_register AS r ON b.lgcode = r.lgcode AND e.edition = r.edition
ORDER BY ALL
