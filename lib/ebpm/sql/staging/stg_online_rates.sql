-- one row per edition, body and procedure with a published online application rate
-- 版・団体・オンライン申請率が公表されている手続ごとに1行
-- key: edition, lgcode, procedure_group, procedure
-- procedure_group: | 手続の一覧の名称（よく使う32手続、子育て・介護の26手続） | list to which the procedure belongs: 32 frequent ones, or 26 of child and elderly care |
-- procedure: | 手続の名称 | name of the procedure |
-- application_rate: | オンライン申請率（申請総数に占めるオンライン申請の割合） | share of applications made online | 0..1
SELECT
    lgcode,
    category AS procedure_group,
    item AS procedure,
    application_rate_pct / 100 AS application_rate,
    edition,
    CASE
        WHEN application_rate_pct IS NULL THEN 'no_value'
        WHEN application_rate_pct NOT BETWEEN 0 AND 100 THEN 'percentage_out_of_range'
    END AS set_aside_reason
FROM raw.online_rates
