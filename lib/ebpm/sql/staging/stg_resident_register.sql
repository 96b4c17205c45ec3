-- one row per edition (reference date), body, sex and age class of the resident register
-- 版（基準日）・団体・性別・年齢階級ごとに1行（住民基本台帳人口）
-- key: edition, lgcode, sex, age_class
-- sex: | 性別（all は男女計） | sex (all: both together) | all, male, female
-- age_class: 歳/years | 年齢階級（all は総数、100+ は100歳以上） | age class (all: every age, 100+: 100 and over) |
-- age_from: 歳/years | 年齢階級の下限（総数では空） | first age of the class (empty for every age) | 0..
-- residents: 人/residents | 住民基本台帳に記載された住民（日本人と外国人） | residents in the resident register, Japanese and foreign | 0..
-- is_age_incomplete: | 公表元が団体名に「*」を付けた団体か（年齢階級の合計が総数に満たない） | whether the publisher marks the body with an asterisk: its age classes do not reach the total | true, false
SELECT
    edition,
    CAST(edition AS DATE) AS date,
    lgcode,
    sex,
    age_class,
    CAST(nullif(regexp_extract(age_class, '^[0-9]+'), '') AS INTEGER) AS age_from,
    CAST(population AS BIGINT) AS residents,
    CAST(missing AS VARCHAR) AS missing,
    is_age_incomplete,
    CASE
        WHEN (population IS NULL) = (missing IS NULL) THEN 'not_exactly_one_of_value_and_missing'
    END AS set_aside_reason
FROM raw.resident_register
