-- table: mart_staffing
-- 職員数が公表されている年度には、すべての市区町村の職員数がある
-- every fiscal year with staff holds the staff of every municipality
WITH bodies AS (SELECT count(*) AS listed FROM mart_municipality)

SELECT
    fiscal_year,
    count(general_staff) AS municipalities,
    any_value(listed) AS listed
FROM mart_staffing, bodies
GROUP BY fiscal_year
HAVING count(general_staff) <> any_value(listed)
ORDER BY fiscal_year
