-- one row per pilot and unit
-- 試行・実施単位ごとに1行
-- key: dataset, pilot, unit
-- pilot: | 試行の名称 | name of the pilot
-- is_treated: | 試行を行ったか（対照なら偽） | whether the unit took part (false for controls)
-- start: | 試行の開始日 | first day of the pilot
-- is_randomised: | くじ引きなどで分けたか | whether a lottery decided who took part
SELECT dataset, pilot, unit, treated AS is_treated, start, coalesce(randomised, FALSE) AS is_randomised
FROM raw.pilot
