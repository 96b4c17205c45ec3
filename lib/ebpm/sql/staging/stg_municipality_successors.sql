-- one row per edition and former municipality (code, name or composition that has ended)
-- 版・かつての市区町村（コード・名称・構成が変わる前の状態）ごとに1行
-- key: edition, former_lgcode, until_date
-- former_lgcode: | かつてのコード（今も使われているものを含む） | code of the former municipality; it may be in use still |
-- former_name: | かつての名称 | name of the former municipality |
-- since_date: | この状態が始まった日（空欄は1970年4月1日より前） | first day of this state; empty if before 1970-04-01 |
-- until_date: | この状態が終わった変更の施行日（この日は含まない） | day of the change that ended this state, itself not included |
-- same_territory: | 今の団体の区域が、終わる前日のこの団体だけからなるか（境界変更を除く） | whether today's body consists of this one alone, as it was on its last day (boundary changes aside) |
-- fate: | 今の団体への対応（split は分割されて1団体に対応しない） | whether its whole territory is in one body of today | whole, split
SELECT
    edition,
    former_lgcode,
    former_name,
    CAST(since_date AS DATE) AS since_date,
    CAST(until_date AS DATE) AS until_date,
    change_kind,
    lgcode,
    same_territory,
    CASE WHEN lgcode IS NULL THEN 'split' ELSE 'whole' END AS fate,
    CASE WHEN NOT coalesce(regexp_full_match(former_lgcode, '\d{6}'), false) THEN 'lgcode_is_not_six_digits' END AS set_aside_reason
FROM raw.municipality_successors
