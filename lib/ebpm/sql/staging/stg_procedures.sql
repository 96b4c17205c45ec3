-- one row per edition and national procedure
-- 版・国の手続ごとに1行
-- key: edition, procedure_id
-- procedure_id: | 手続ID（調査が付けた番号） | the survey's number of the procedure |
-- ministry: | 所管府省庁 | ministry in charge |
-- law: | 根拠法令の名称 | law on which the procedure rests |
-- law_number: | 法令番号 | number of the law |
-- article: | 根拠条項号 | article of the law |
-- procedure_type: | 手続類型のコード（1 申請等、2-1 申請等に基づく処分通知等、2-2 申請等に基づかない処分通知等、2-3 交付等、3 縦覧等、4 作成・保存等） | type of the procedure: 1 application, 2-1 decision on an application, 2-2 other decision, 2-3 delivery between private parties, 3 inspection, 4 making and keeping of records | 1, 2-1, 2-2, 2-3, 3, 4
-- procedure_type_text: | 手続類型（公表どおり） | type of the procedure as published |
-- applicant: | 手続主体のコード（1 国、2 独立行政法人等、3 地方等、4-1〜4-4 左記の複数、5 国民等、6 民間事業者等、7 国民等と民間事業者等） | who acts: 1 state, 2 agencies, 3 local bodies, 4-1 to 4-4 several of these, 5 residents, 6 firms, 7 residents and firms | 1, 2, 3, 4-1, 4-2, 4-3, 4-4, 5, 6, 7
-- applicant_text: | 手続主体（公表どおり） | who acts, as published |
-- recipient: | 手続の受け手のコード（手続主体と同じ） | who receives, in the codes of applicant | 1, 2, 3, 4-1, 4-2, 4-3, 4-4, 5, 6, 7
-- recipient_text: | 手続の受け手（公表どおり） | who receives, as published |
-- via: | 経由機関 | body through which the procedure passes |
-- agency: | 独立行政法人等の名称 | names of agencies concerned |
-- affairs_class: | 事務区分のコード（1 自治事務、2 第1号法定受託事務、3 第2号法定受託事務、4 地方の事務でない） | class of local affairs: 1 autonomous, 2 and 3 entrusted by law, 4 not a local affair | 1, 2, 3, 4
-- affairs_class_text: | 事務区分（公表どおり） | class of local affairs as published |
-- shared_by_ministries: | 府省共通手続かどうか（公表どおり） | whether ministries share the procedure, as published |
-- implementing_ministries: | 実施府省庁 | ministries that carry it out |
-- online_status: | オンライン化の実施状況のコード（1 実施済、2 未実施、3 適用除外、4 その他、5 一部実施済） | state of digitisation: 1 online, 2 not online, 3 exempt, 4 other, 5 partly online | 1, 2, 3, 4, 5
-- online_status_text: | オンライン化の実施状況（公表どおり） | state of digitisation as published |
-- online_plan_or_concern: | オンライン化の実施予定と、検討するときの懸念点 | plan to put it online, or what stands against it |
-- online_planned_for: | オンライン化の実施時期（予定） | year for which it is planned |
-- identification: | 申請等での本人確認の手法 | how the applicant is identified |
-- fee: | 手数料等の有無 | whether there is a fee |
-- fee_payment: | 手数料等の納付方法 | how the fee is paid |
-- fee_online_discount: | オンラインで納付するときの優遇措置 | whether paying online is cheaper |
-- period_online_text: | オンラインの標準処理期間（公表どおり） | standard processing period online, as published |
-- period_offline_text: | オンライン以外の標準処理期間（公表どおり） | standard processing period offline, as published |
-- online_days: 日/days | オンラインの標準処理期間（幅があるときは上限、暦日） | standard processing period online: upper end of what is stated, calendar days | 0..1096
-- online_low_days: 日/days | オンラインの標準処理期間の下限 | lower end of the period online | 0..1096
-- online_high_days: 日/days | オンラインの標準処理期間の上限 | upper end of the period online | 0..1096
-- period_online_reason: | オンラインの期間を日数にできない理由 | why the period online has no days | blank, bare_none, not_set, unknown, not_applicable, depends, no_number, no_unit, open_ended, calendar, other_origin, implausible, withheld, unparsed
-- offline_days: 日/days | オンライン以外の標準処理期間（幅があるときは上限、暦日） | standard processing period offline: upper end of what is stated, calendar days | 0..1096
-- offline_low_days: 日/days | オンライン以外の標準処理期間の下限 | lower end of the period offline | 0..1096
-- offline_high_days: 日/days | オンライン以外の標準処理期間の上限 | upper end of the period offline | 0..1096
-- period_offline_reason: | オンライン以外の期間を日数にできない理由 | why the period offline has no days | blank, bare_none, not_set, unknown, not_applicable, depends, no_number, no_unit, open_ended, calendar, other_origin, implausible, withheld, unparsed
-- system_application: | 申請に用いる情報システム | system for applications |
-- system_processing: | 事務処理に用いる情報システム | system for processing |
-- cases: 件/cases | 年間の手続件数（総数） | cases handled in a year | 0..
-- cases_online: 件/cases | 年間の手続件数のうちオンラインのもの | cases handled online in a year | 0..
-- cases_offline: 件/cases | 年間の手続件数のうちオンライン以外のもの | cases handled offline in a year | 0..
-- cases_missing: | 総手続件数がない理由 | why there is no number of cases | unknown, zero_or_missing
-- information_asked: | 申請書等に記載させる情報 | information asked for |
-- attachments: | 申請時に添付させる書類 | documents to be attached |
-- attachments_waived: | 添付書類等の撤廃・省略の状況 | whether attachments were waived |
-- attachments_channel: | 添付書類等の提出方法 | how attachments are handed in |
-- attachments_signature: | 添付書類等への電子署名の要否 | whether attachments need an electronic signature |
-- attachments_rule: | 添付形式等を定める規定 | rule on the form of attachments |
-- event_person: | 手続が行われるライフイベント（個人） | event in a person's life |
-- event_company: | 手続が行われるイベント（法人） | event in a company's life |
-- professions: | 申請に関わる士業 | licensed professions concerned |
-- submitted_to: | 申請を提出する機関 | where the application is handed in |
SELECT
    * EXCLUDE (
        procedure_type, applicant, recipient, affairs_class, online_status,
        period_online_days, period_online_low_days, period_online_high_days,
        period_offline_days, period_offline_low_days, period_offline_high_days
    ),
    period_online_days AS online_days,
    period_online_low_days AS online_low_days,
    period_online_high_days AS online_high_days,
    period_offline_days AS offline_days,
    period_offline_low_days AS offline_low_days,
    period_offline_high_days AS offline_high_days,
    procedure_type AS procedure_type_text,
    split_part(procedure_type, ' ', 1) AS procedure_type,
    applicant AS applicant_text,
    split_part(applicant, ' ', 1) AS applicant,
    recipient AS recipient_text,
    split_part(recipient, ' ', 1) AS recipient,
    affairs_class AS affairs_class_text,
    split_part(affairs_class, ' ', 1) AS affairs_class,
    online_status AS online_status_text,
    split_part(online_status, ' ', 1) AS online_status,
    CASE WHEN cases < 0 OR cases_online < 0 OR cases_offline < 0 THEN 'negative_count' END AS set_aside_reason
FROM raw.procedures
