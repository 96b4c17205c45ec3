"""The strings of the ledger's pages, in both languages."""

from __future__ import annotations

from ebpm.report.model import Text

LEDGER_WORDS: dict[str, Text] = {
    "ledger_title": {"ja": "分析結果の台帳", "en": "Ledger of findings"},
    "ledger_description": {
        "ja": "これまでの分析結果を、内容にかかわらずすべて記録した一覧",
        "en": "Every finding so far, whatever it shows",
    },
    "ledger_intro": {
        "ja": "レポートの分析結果を、内容にかかわらずすべて記録している。差がなかった結果も、"
        "判断できなかった結果も、関連がみられた結果と同じように残す。"
        "一度記録した行は消さず、書き換えない。データや方法が変わって結果が変われば、新しい行を加える。",
        "en": "Every finding of every report is recorded, whatever it shows: those that show no "
        "difference and those that cannot be decided are kept like those that show an association. "
        "A row is never removed or rewritten. Where data or methods change a result, a row is added.",
    },
    "ledger_counts": {"ja": "判定ごとの件数", "en": "Findings by verdict"},
    "ledger_count": {"ja": "件数", "en": "Findings"},
    "ledger_count_note": {
        "ja": "最新の結果を数えたもの。同じ結果を複数のレポートに載せている場合は、まとめて1件とする。",
        "en": "Latest findings only; a result that stands in several reports counts once.",
    },
    "ledger_latest": {"ja": "最新の分析結果", "en": "Latest findings"},
    "ledger_by_question": {
        "ja": "問いごとに並べた最新の分析結果",
        "en": "Latest findings, by question",
    },
    "ledger_open": {
        "ja": "分析結果の文を選ぶと、これまでの記録、ほかの条件での結果、事前の登録を見られる。",
        "en": "Each finding has a page of its own, with its history, results under other "
        "circumstances and its registration.",
    },
    "ledger_question": {"ja": "問い：{question}", "en": "Question: {question}"},
    "ledger_value": {"ja": "値（95％信頼区間）", "en": "Value (95% confidence interval)"},
    "ledger_range": {"ja": "{low}〜{high}", "en": "{low} to {high}"},
    "ledger_grade": {"ja": "根拠の強さ（SMS）", "en": "Evidence (SMS)"},
    "ledger_grade_link": {
        "ja": "「根拠の強さ（SMS）」と用語の説明は、レポート一覧の末尾にある。",
        "en": "The list of reports explains the strength of evidence (SMS) and the terms.",
    },
    "ledger_recorded": {"ja": "記録日", "en": "Recorded on"},
    "ledger_recorded_on": {"ja": "記録日 {date}", "en": "Recorded on {date}"},
    "ledger_scope_all": {"ja": "条件の指定なし", "en": "Usual circumstances"},
    "ledger_body": {"ja": "団体：{value}", "en": "Body: {value}"},
    "ledger_year": {"ja": "年度：{value}", "en": "Fiscal year: {value}"},
    "ledger_parameter": {"ja": "条件：{name}＝{value}", "en": "Parameter: {name} = {value}"},
    "ledger_edition": {"ja": "{title}（{edition}版）", "en": "{title} (edition {edition})"},
    "ledger_none": {"ja": "該当する分析結果はない。", "en": "There is no such finding."},
    "ledger_save": {"ja": "すべての記録を保存：", "en": "Save all rows: "},
    "ledger_csv": {"ja": "CSV（表計算ソフト用）", "en": "CSV (for spreadsheets)"},
    "ledger_json": {"ja": "JSON（プログラム用）", "en": "JSON (for programs)"},
    "ledger_back": {"ja": "分析結果の台帳へ戻る", "en": "Back to the ledger of findings"},
    "ledger_other_verdicts": {"ja": "ほかの判定：", "en": "Other verdicts: "},
    "ledger_means_supported": {
        "ja": "「関連がみられる」とは、95％信頼区間に0が含まれず、差がないとは考えにくいという判定である。",
        "en": "“An association is seen” means that the 95% confidence interval does not hold zero: "
        "no difference at all is hard to square with the data.",
    },
    "ledger_not_supported": {
        "ja": "一方が他方の原因であることは意味しない。根拠の強さ（SMS）が2以下の結果は、"
        "考慮していない条件の違いが表れただけの場合がある。"
        "差が政策上意味のある大きさであることも意味しない。",
        "en": "It does not mean that one is the cause of the other: with a strength of evidence "
        "(SMS) of 2 or less, conditions left out may be all there is to it. Nor does it mean that "
        "the difference is large enough to matter for policy.",
    },
    "ledger_means_no_effect": {
        "ja": "「基準を超える差はないとみられる」とは、95％信頼区間の全体が、前もって定めた基準"
        "（意味のある最小の差）の内側に収まり、差があるとしても基準より小さいと言えるという判定である。",
        "en": "“No difference beyond the threshold” means that the whole 95% confidence interval "
        "lies within the threshold set beforehand (the smallest difference that matters): if there "
        "is a difference, it is smaller than that.",
    },
    "ledger_not_no_effect": {
        "ja": "差がまったくないことは意味しない。調べて分かった結果であり、"
        "データからは決められない「判断できない」とは別の判定である。",
        "en": "It does not mean that there is no difference at all. It is something that was found "
        "out, unlike “cannot be decided”, where the data leave it open.",
    },
    "ledger_means_inconclusive": {
        "ja": "「判断できない」とは、95％信頼区間が広く、差がないことも、基準を超える差があることも、"
        "どちらもありうるという判定である。",
        "en": "“Cannot be decided” means that the 95% confidence interval is wide: there may be no "
        "difference, and there may be one beyond the threshold.",
    },
    "ledger_not_inconclusive": {
        "ja": "差がないことは意味しない。差があることも意味しない。"
        "データが増えれば判断できるようになる場合がある。",
        "en": "It does not mean that there is no difference, nor that there is one. With more data "
        "it may become possible to decide.",
    },
    "ledger_means_descriptive": {
        "ja": "「集計のみ」とは、数、割合、平均などを集計した結果であり、差や関連の有無を判定していない"
        "という意味である。",
        "en": "“A description” is a count, a share or a mean; whether there is a difference or an "
        "association was not judged.",
    },
    "ledger_not_descriptive": {
        "ja": "値の良し悪しや、政策との関係を評価したものではない。",
        "en": "It does not say whether a value is good or bad, or what policy has to do with it.",
    },
    "ledger_now": {"ja": "最新の結果", "en": "Latest result"},
    "ledger_circumstances": {"ja": "対象と条件", "en": "Circumstances"},
    "ledger_cases": {"ja": "{n}（まとまりの数 {clusters}）", "en": "{n} (in {clusters} clusters)"},
    "ledger_reports": {"ja": "載せたレポート", "en": "Reports"},
    "ledger_more_reports": {
        "ja": "ほか{count}件のレポート",
        "en": "and {count} more reports",
    },
    "ledger_history": {"ja": "これまでの記録", "en": "History"},
    "ledger_history_caption": {
        "ja": "記録した結果（古い順）",
        "en": "Results as recorded, oldest first",
    },
    "ledger_editions": {"ja": "出典の版", "en": "Editions of the sources"},
    "ledger_changed": {"ja": "前の記録から変わった点", "en": "What changed"},
    "ledger_first": {"ja": "最初の記録", "en": "First record"},
    "ledger_change_sources": {"ja": "出典のデータ", "en": "data of the sources"},
    "ledger_change_estimate": {"ja": "値", "en": "value"},
    "ledger_change_interval": {"ja": "信頼区間", "en": "confidence interval"},
    "ledger_change_cases": {"ja": "対象数", "en": "cases"},
    "ledger_change_verdict": {"ja": "判定", "en": "verdict"},
    "ledger_change_sms": {"ja": "根拠の強さ", "en": "strength of evidence"},
    "ledger_change_method": {"ja": "方法", "en": "method"},
    "ledger_change_threshold": {"ja": "判定の基準", "en": "threshold"},
    "ledger_change_plan": {"ja": "事前の登録", "en": "registration"},
    "ledger_change_wording": {"ja": "文言", "en": "wording"},
    "ledger_change_scope": {"ja": "条件", "en": "circumstances"},
    "ledger_replications": {"ja": "ほかの条件での結果", "en": "Results under other circumstances"},
    "ledger_replications_intro": {
        "ja": "同じ問いを、別の団体、年度、条件、または別の版の出典で調べた結果を、上の最新の結果と比べる。"
        "「一致」とは判定が同じことをいい、差がみられた結果では向きも同じことをいう。"
        "どちらかが「判断できない」または「集計のみ」のときは、比べられない。"
        "使ったデータの一部が共通する場合があり、互いに独立した調査とは限らない。",
        "en": "The same question asked of another body or year, with other parameters or of another "
        "edition of the sources, compared with the latest result above. “Agrees” means the same "
        "verdict, and the same direction where a difference was seen. Nothing can be told where "
        "either is undecided or a description. Data may overlap: these are not always independent.",
    },
    "ledger_replications_count": {
        "ja": "一致 {agrees}件、不一致 {differs}件、比べられない {cannot_tell}件",
        "en": "Agrees: {agrees}. Differs: {differs}. Cannot tell: {cannot_tell}.",
    },
    "ledger_replications_caption": {
        "ja": "ほかの条件での結果と最新の結果との比較",
        "en": "Other results beside the latest one",
    },
    "ledger_no_replications": {
        "ja": "ほかの条件で調べた結果はまだない。",
        "en": "There is no result under other circumstances yet.",
    },
    "ledger_differs_in": {"ja": "異なる点", "en": "Differs in"},
    "ledger_outcome": {"ja": "最新の結果との比較", "en": "Compared with the latest"},
    "ledger_agrees": {"ja": "一致", "en": "Agrees"},
    "ledger_differs": {"ja": "不一致", "en": "Differs"},
    "ledger_cannot_tell": {"ja": "比べられない", "en": "Cannot tell"},
    "ledger_registration": {"ja": "事前の登録", "en": "Registration beforehand"},
    "ledger_registration_caption": {"ja": "登録の記録", "en": "What was registered, and when"},
    "ledger_unregistered": {
        "ja": "この問いには事前の登録がない。データを見る前に問いや方法を決めていたことを示す記録はない。",
        "en": "This question was not registered beforehand. Nothing on record shows that question and "
        "method were chosen before the data were seen.",
    },
    "ledger_registration_note": {
        "ja": "データの取得日は、このレポートの仕組みにデータを取り込んだ日である。"
        "それより前に公表データを見ていなかったことまでは示さない。",
        "en": "Data are dated by the day on which they were taken in here. That does not show that "
        "nobody had looked at the published data before.",
    },
    "ledger_broken": {
        "ja": "登録の記録に、ほかの行と合わない行（{lines}行目）がある。登録時の内容のままではない疑いがある。",
        "en": "Line {lines} of the registrations does not fit the others and may have been changed "
        "afterwards.",
    },
    "ledger_plans": {"ja": "事前に登録した問い", "en": "Questions registered beforehand"},
    "ledger_plans_intro": {
        "ja": "データを調べる前に登録した問いを、結果がまだないものも含めて示す。",
        "en": "Questions registered before the data were studied, those without a result included.",
    },
    "ledger_registered": {"ja": "登録日", "en": "Registered on"},
    "ledger_plan": {"ja": "登録した内容", "en": "What was registered"},
    "ledger_plan_outcome": {"ja": "結果の指標：{value}", "en": "Outcome: {value}"},
    "ledger_plan_method": {"ja": "方法：{value}", "en": "Method: {value}"},
    "ledger_plan_threshold": {"ja": "判定の基準：{value}", "en": "Threshold: {value}"},
    "ledger_plan_exclusions": {"ja": "除くもの：{value}", "en": "Left out: {value}"},
    "ledger_amended": {"ja": "{count}回目の変更", "en": "Amendment {count}"},
    "ledger_plan_result": {"ja": "結果", "en": "Result"},
    "ledger_no_result": {"ja": "まだない", "en": "None yet"},
    "ledger_before_data": {"ja": "データの取得との前後", "en": "Against the data"},
    "ledger_before_result": {"ja": "最初の結果との前後", "en": "Against the first result"},
    "ledger_the_data": {"ja": "データの取得", "en": "the data were got"},
    "ledger_the_result": {"ja": "最初の結果", "en": "the first result"},
    "ledger_earlier": {"ja": "{what}（{date}）より前に登録", "en": "before {what} ({date})"},
    "ledger_later": {"ja": "{what}（{date}）より後に登録", "en": "after {what} ({date})"},
    "ledger_undated": {
        "ja": "{what}（{date}）との前後は分からない",
        "en": "before or after {what} ({date}): not known",
    },
    "ledger_unknown": {"ja": "分からない", "en": "Not known"},
    "ledger_yes": {"ja": "はい", "en": "yes"},
    "ledger_no": {"ja": "いいえ", "en": "no"},
    "ledger_column_latest": {"ja": "最新の記録", "en": "Latest"},
    "ledger_column_recorded": {"ja": "記録日時（UTC）", "en": "Recorded (UTC)"},
    "ledger_column_report": {"ja": "レポート", "en": "Report"},
    "ledger_column_notebook": {"ja": "ノートブック", "en": "Notebook"},
    "ledger_column_parameters": {"ja": "条件", "en": "Parameters"},
    "ledger_column_id": {"ja": "識別名", "en": "Id"},
    "ledger_column_question": {"ja": "問い", "en": "Question"},
    "ledger_column_claim": {"ja": "分析結果", "en": "Finding"},
    "ledger_column_verdict": {"ja": "判定", "en": "Verdict"},
    "ledger_column_estimand": {"ja": "計算内容", "en": "What it is"},
    "ledger_column_estimate": {"ja": "値", "en": "Estimate"},
    "ledger_column_unit": {"ja": "単位", "en": "Unit"},
    "ledger_column_ci_low": {"ja": "95％信頼区間の下限", "en": "95% interval, lower limit"},
    "ledger_column_ci_high": {"ja": "95％信頼区間の上限", "en": "95% interval, upper limit"},
    "ledger_column_p_value": {"ja": "有意確率", "en": "p-value"},
    "ledger_column_n": {"ja": "対象数", "en": "Cases"},
    "ledger_column_n_clusters": {"ja": "まとまりの数", "en": "Clusters"},
    "ledger_column_method": {"ja": "方法", "en": "Method"},
    "ledger_column_design": {"ja": "設計", "en": "Design"},
    "ledger_column_sms": {"ja": "根拠の強さ（SMS）", "en": "Evidence (SMS)"},
    "ledger_column_smallest_effect": {"ja": "判定の基準", "en": "Threshold"},
    "ledger_column_lgcode": {"ja": "団体コード", "en": "Body code"},
    "ledger_column_fiscal_year": {"ja": "年度", "en": "Fiscal year"},
    "ledger_column_plan": {"ja": "事前の登録", "en": "Registration"},
    "ledger_column_sources": {"ja": "出典", "en": "Sources"},
    "ledger_column_sha256": {
        "ja": "出典の照合値（SHA-256）",
        "en": "Check values of the sources (SHA-256)",
    },
    "ledger_column_warehouse_inputs_sha256": {
        "ja": "データの照合値（SHA-256）",
        "en": "Check value of the data (SHA-256)",
    },
    "ledger_column_code_version": {"ja": "プログラムの版", "en": "Version of the program"},
    "ledger_column_run_id": {"ja": "実行の番号", "en": "Run"},
    "ledger_column_entry": {"ja": "行の照合値", "en": "Check value of the row"},
}
