-- one row per edition, day, kind of change, code before and code after
-- 版・施行日・変更の区分・変更前後のコードごとに1行
-- key: edition, effective_date, change_kind, lgcode_from, lgcode_to
-- effective_date: | 施行日（この日から変更後の状態） | day from which the new state holds |
-- change_kind: | 変更の区分 | kind of change | merged_new, absorbed, split, became_city, became_town, became_designated_city, became_core_city, became_special_city, renamed, name_form_changed, county_changed, ward_established, ward_separated, ward_split, ward_merged, ward_reorganised
-- lgcode_from: | 変更前のコード（政令指定都市の区を含む） | code before the change, wards of designated cities included |
-- lgcode_to: | 変更後のコード（政令指定都市の区を含む） | code after the change, wards of designated cities included |
-- name_from: | 変更前の名称 | name before the change |
-- name_to: | 変更後の名称 | name after the change |
SELECT
    edition,
    CAST(effective_date AS DATE) AS effective_date,
    change_kind,
    lgcode_from,
    lgcode_to,
    name_from,
    name_to,
    CASE
        WHEN NOT coalesce(regexp_full_match(lgcode_from, '\d{6}') AND regexp_full_match(lgcode_to, '\d{6}'), false)
            THEN 'lgcode_is_not_six_digits'
    END AS set_aside_reason
FROM raw.municipality_changes
