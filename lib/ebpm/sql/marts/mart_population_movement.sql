-- one row per municipality and year with births, deaths or domestic moves (latest edition)
-- 市区町村・年ごとに1行：出生・死亡・国内の転入・転出（最新の版）
-- key: lgcode, fiscal_year
-- births: 人/residents | 出生数（空欄は、手元の版にその年の値がない） | births; empty where the editions at hand hold no value for the year | 0..
-- deaths: 人/residents | 死亡数（空欄は、手元の版にその年の値がない） | deaths; empty where the editions at hand hold no value for the year | 0..
-- moved_in: 人/residents | 転入者数（日本人の国内の移動） | moved in: Japanese citizens, within Japan | 0..
-- moved_out: 人/residents | 転出者数（日本人の国内の移動） | moved out: Japanese citizens, within Japan | 0..
SELECT
    s.lgcode,
    m.prefecture,
    m.name,
    s.fiscal_year,
    CAST(arg_max(s.value, s.edition) FILTER (s.indicator = 'A4101') AS BIGINT) AS births,
    CAST(arg_max(s.value, s.edition) FILTER (s.indicator = 'A4200') AS BIGINT) AS deaths,
    CAST(arg_max(s.value, s.edition) FILTER (s.indicator = 'A5101') AS BIGINT) AS moved_in,
    CAST(arg_max(s.value, s.edition) FILTER (s.indicator = 'A5102') AS BIGINT) AS moved_out
FROM staging.stg_ssdse_a AS s
INNER JOIN staging.stg_municipalities AS m ON s.lgcode = m.lgcode AND NOT m.is_prefecture
WHERE s.indicator IN ('A4101', 'A4200', 'A5101', 'A5102')
GROUP BY s.lgcode, m.prefecture, m.name, s.fiscal_year
