-- one row per data set, form, table of counts and cell: what pages may show
-- データセット・様式・集計表・区分ごとに1行（公表してよい件数）
-- key: dataset, form, dims, key_1, key_2, key_3
-- dims: | 集計の軸（空文字は合計） | what is counted by (empty for the total)
-- key_1: | 一つ目の区分 | first group
-- key_2: | 二つ目の区分（なければ空文字） | second group, empty where there is none
-- key_3: | 三つ目の区分（なければ空文字） | third group, empty where there is none
-- n: 件/cases | 件数・人数（伏せたものは空欄） | number of cases or persons, NULL where hidden | 0..
-- is_hidden: | 伏せたか | whether it is hidden
SELECT dataset, form, dims, key_1, key_2, key_3, n, is_hidden
FROM raw.cell
