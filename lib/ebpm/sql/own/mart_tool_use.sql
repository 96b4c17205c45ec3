-- one row per tool and month
-- ツール・月ごとに1行
-- key: dataset, tool, month
-- tool: | ツールの名称 | name of the tool
-- introduced: | 導入日 | day of introduction
-- active_users: 人/persons | 使った人 | persons who used it | 0..
SELECT dataset, tool, introduced, month, active_users, ended
FROM raw.tool_use
