-- table: stg_mynumber_cards
-- どの版にも全国の市区町村がすべてある
-- every edition holds every municipality
SELECT
    e.edition,
    m.lgcode
FROM (SELECT DISTINCT edition FROM staging.stg_mynumber_cards) AS e
CROSS JOIN staging.stg_municipalities AS m
LEFT JOIN staging.stg_mynumber_cards AS c ON e.edition = c.edition AND m.lgcode = c.lgcode
WHERE NOT m.is_prefecture AND c.lgcode IS NULL
