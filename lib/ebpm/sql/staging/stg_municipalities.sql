-- one row per prefecture or municipality
-- 都道府県・市区町村ごとに1行
-- key: lgcode
-- lgcode: | 全国地方公共団体コード（検査数字を含む6桁） | local government code, six digits with check digit |
-- prefecture: | 都道府県名 | name of the prefecture |
-- name: | 団体名（郡・島の名を含まない） | name of the body, without county or island |
-- county: | 郡の名（町村のみ） | county of a town or village |
-- island: | 島の名（団体名に島を冠する東京都の町村のみ） | island that precedes the name, in Tokyo only |
-- kind: | 団体の区分 | kind of body | prefecture, designated_city, core_city, city, special_ward, town, village
-- is_prefecture: | 都道府県かどうか | whether the body is a prefecture |
SELECT
    lgcode,
    prefecture,
    name,
    nullif(county, '') AS county,
    nullif(island, '') AS island,
    kind,
    kind = 'prefecture' AS is_prefecture,
    CASE WHEN NOT coalesce(regexp_full_match(lgcode, '\d{6}'), false) THEN 'lgcode_is_not_six_digits' END AS set_aside_reason
FROM raw.municipalities
