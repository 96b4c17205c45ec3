-- one row per channel and reason: how many stated processing periods could be read, and why the rest could not (latest edition)
-- 手続の方法・理由ごとに1行：標準処理期間のうち日数にできたものの数と、できなかった理由（最新の版）
-- key: channel, reason
-- channel: | 手続の方法（online：オンライン、offline：オンライン以外） | channel of the procedure | online, offline
-- reason: | 期間を日数にできない理由（read：日数にできたもの） | why the period has no days; read where it has | read, blank, bare_none, not_set, unknown, not_applicable, depends, no_number, no_unit, open_ended, calendar, other_origin, implausible, withheld, unparsed
-- procedures: 手続/procedures | 手続の数 | number of procedures | 0..
SELECT
    'online' AS channel,
    coalesce(period_online_reason, 'read') AS reason,
    count(*) AS procedures
FROM staging.stg_procedures
WHERE edition = (SELECT max(edition) FROM staging.stg_procedures)
GROUP BY ALL
UNION ALL
SELECT
    'offline' AS channel,
    coalesce(period_offline_reason, 'read') AS reason,
    count(*) AS procedures
FROM staging.stg_procedures
WHERE edition = (SELECT max(edition) FROM staging.stg_procedures)
GROUP BY ALL
