"""Every string that the report stage itself says, in both languages."""

from __future__ import annotations

from ebpm.missing import LABELS
from ebpm.report.model import Lang, Text
from ebpm.report.words_ledger import LEDGER_WORDS

WORDS: dict[str, Text] = {
    "site": {"ja": "EBPMレポート", "en": "EBPM report"},
    "skip": {"ja": "本文へ移動", "en": "Skip to the text"},
    "to_index": {"ja": "レポート一覧", "en": "All reports"},
    "contents": {"ja": "目次", "en": "Contents"},
    "question": {"ja": "問い", "en": "Question"},
    "aim": {"ja": "政策のねらい", "en": "Policy aim"},
    "conclusion": {"ja": "結論", "en": "Conclusions"},
    "cannot_say": {
        "ja": "この資料からは言えないこと",
        "en": "What this report cannot say",
    },
    "data_dates": {"ja": "データの基準日", "en": "Reference dates of the data"},
    "finding": {"ja": "分析結果", "en": "Finding"},
    "see_finding": {"ja": "くわしくは", "en": "In detail:"},
    "figure": {"ja": "図", "en": "Figure "},
    "table": {"ja": "表", "en": "Table "},
    "stage_input": {"ja": "投入", "en": "Inputs"},
    "stage_activity": {"ja": "活動", "en": "Activities"},
    "stage_output": {"ja": "産出", "en": "Outputs"},
    "stage_outcome": {"ja": "成果", "en": "Outcomes"},
    "logic_legend": {
        "ja": "実線の矢印は、この資料に比較の結果があるもの。破線は、比べて確かめていないもの。"
        "番号は下の一覧と対応する。",
        "en": "Solid arrows: this report holds a comparison. Dashed: not tested by comparison. "
        "The numbers are those of the list below.",
    },
    "logic_arrow": {"ja": "「{start}」→「{end}」", "en": "“{start}” → “{end}”"},
    "logic_untested": {"ja": "未検証", "en": "not tested"},
    "logic_tested": {
        "ja": "{verdict}（{finding}、{grade}）",
        "en": "{verdict} ({finding}, {grade})",
    },
    "logic_described": {
        "ja": "現状の記述のみで、つながりは未検証（{finding}、{grade}）",
        "en": "described only, the link is not tested ({finding}, {grade})",
    },
    "kind_sample": {"ja": "種類と対象", "en": "Kind, cases"},
    "kind_description": {"ja": "現状把握", "en": "Description"},
    "kind_effect": {"ja": "政策効果把握", "en": "Policy effect"},
    "how_sure": {"ja": "判定", "en": "Verdict"},
    "verdict_supported": {
        "ja": "関連がみられる",
        "en": "An association is seen",
    },
    "verdict_supported_effect": {"ja": "効果がみられる", "en": "An effect is seen"},
    "verdict_no_effect_effect": {
        "ja": "基準を超える効果はないとみられる",
        "en": "No effect beyond the threshold",
    },
    "verdict_inconclusive_effect": {
        "ja": "効果の有無は判断できない",
        "en": "Whether there is an effect cannot be decided from these data",
    },
    "verdict_descriptive_effect": {
        "ja": "集計のみ（判定の対象外）",
        "en": "A description; nothing is judged",
    },
    "threshold_named": {"ja": "判定の基準：{limit}", "en": "threshold: {limit}"},
    "threshold_planned": {
        "ja": "、ノートブックの中でデータの読込みより先に設定。{planned}",
        "en": ", set in the notebook before the data were read; {planned}",
    },
    "detectable": {"ja": "検出できる最小の差", "en": "Detectable"},
    "may_be_small": {
        "ja": "。ただし、差が基準より小さい可能性も残る",
        "en": ". The difference may still be smaller than the threshold",
    },
    "detectable_named": {
        "ja": "。仮に{size}以上の差があったなら、8割以上の確率で検出できたはずである",
        "en": ". A difference of {size} or more, had there been one, would have been found in 80% of "
        "cases or more",
    },
    "planned_before": {
        "ja": "{date}に登録、データの取得より前",
        "en": "registered on {date}, before the data were retrieved",
    },
    "planned_after": {
        "ja": "{date}に登録、データの取得より後",
        "en": "registered on {date}, after the data were retrieved",
    },
    "not_planned": {"ja": "事前登録なし", "en": "not registered beforehand"},
    "borderline": {
        "ja": "。区間の端が判定の境目に近く、わずかな違いで判定が変わりうる",
        "en": ". A limit of the interval lies near the border: a small change may turn the verdict",
    },
    "notation": {"ja": "式", "en": "Formula"},
    "paper": {"ja": "方法の文献", "en": "Method follows"},
    "p_value": {"ja": "有意確率（p値）", "en": "p-value"},
    "p_tiny": {"ja": "0.001未満", "en": "below 0.001"},
    "verdict_no_effect": {
        "ja": "基準を超える差はないとみられる",
        "en": "No difference beyond the threshold",
    },
    "verdict_inconclusive": {"ja": "判断できない", "en": "Cannot be decided from these data"},
    "verdict_descriptive": {
        "ja": "集計のみ（判定の対象外）",
        "en": "A description; nothing is judged",
    },
    "grade": {"ja": "根拠の強さ", "en": "Evidence"},
    "grade_direction": {"ja": "（5が最も強い）", "en": " (5 is strongest)"},
    "grade_reason_mark": {"ja": "・", "en": ": "},
    "grade_help": {
        "ja": "根拠の強さ（SMS）の読み方",
        "en": "How to read the strength of evidence (SMS)",
    },
    "grade_intro": {
        "ja": "SMSはMaryland Scientific Methods Scale（メリーランド科学的方法尺度）の略である。"
        "分析の方法が因果関係をどこまで示せるかを5段階で表し、5が最も強い。"
        "政策の良し悪しや、結果の大きさ、集計値の正しさを表すものではない。"
        "各段階の説明は、英国のWhat Works Centre for Local Economic Growthが用いる形による。",
        "en": "SMS stands for the Maryland Scientific Methods Scale. It says in five steps how far "
        "the method of an analysis can show cause and effect; 5 is strongest. "
        "It says nothing about whether a policy is good, a result large or a count right. The "
        "steps are worded as the UK's What Works Centre for Local Economic Growth uses them.",
    },
    "grade_step": {"ja": "段階", "en": "Step"},
    "grade_meaning": {"ja": "分析の方法", "en": "Method of analysis"},
    "sms_1": {
        "ja": "条件をそろえない比較、または前後だけの比較",
        "en": "A comparison, or before and after only, without adjusting for other conditions",
    },
    "sms_2": {
        "ja": "人口などの条件をそろえた比較。因果関係は示せない",
        "en": "A comparison adjusted for conditions such as population; shows no cause and effect",
    },
    "sms_3": {
        "ja": "実施前後の変化を、実施していない団体の変化と比べたもの",
        "en": "The change before and after, set against the change where nothing was done",
    },
    "sms_4": {
        "ja": "偶然に近い線引きなどを利用した比較",
        "en": "A comparison that uses a dividing line or an event close to chance",
    },
    "sms_5": {
        "ja": "くじ引きなどで対象を無作為に分けた実験",
        "en": "An experiment in which a lottery or the like decided who took part",
    },
    "value_effect": {"ja": "推定値", "en": "Estimate"},
    "value_description": {"ja": "集計値", "en": "Value"},
    "sample": {"ja": "対象数", "en": "Cases"},
    "estimand": {"ja": "計算内容", "en": "What it is"},
    "threshold": {
        "ja": "判定の基準",
        "en": "Threshold",
    },
    "terms": {"ja": "用語", "en": "Terms"},
    "term_interval": {"ja": "95％信頼区間", "en": "95% confidence interval"},
    "method": {"ja": "方法", "en": "Method"},
    "checks": {"ja": "方法と点検", "en": "Method and checks"},
    "checks_failed": {
        "ja": "方法と点検（満たさない項目がある）",
        "en": "Method and checks (some are not met)",
    },
    "checks_caption": {"ja": "分析の前提の点検", "en": "Checks of what the method assumes"},
    "check_name": {"ja": "項目", "en": "Check"},
    "check_result": {"ja": "結果", "en": "Result"},
    "check_detail": {"ja": "内容", "en": "Detail"},
    "check_true": {"ja": "満たす", "en": "Met"},
    "check_false": {"ja": "満たさない", "en": "Not met"},
    "check_null": {"ja": "判定せず", "en": "Not judged"},
    "used_tables": {"ja": "使用した集計表", "en": "Tables used"},
    "sql": {"ja": "集計の手順（SQL）", "en": "How it was computed (SQL)"},
    "source": {"ja": "出典", "en": "Source"},
    "list_mark": {"ja": "、", "en": ", "},
    "colon": {"ja": "：", "en": ": "},
    "note": {"ja": "注", "en": "Note"},
    "coverage": {"ja": "数値のある範囲", "en": "Coverage"},
    "coverage_same": {"ja": "{exhibit}と同じ", "en": "as for {exhibit}"},
    "coverage_share": {
        "ja": "{total}のうち{with_value}（{share}）",
        "en": "{with_value} of {total} ({share})",
    },
    "coverage_none": {"ja": "対象なし", "en": "nothing to cover"},
    "coverage_without": {"ja": "。数値のないもの：{kinds}", "en": ". Without a value: {kinds}"},
    "show_data": {"ja": "図のデータを表で見る", "en": "Show the data of this figure as a table"},
    "data_of": {"ja": "のデータ", "en": ", data"},
    "csv": {"ja": "CSVで保存", "en": "Save as CSV"},
    "not_printed": {
        "ja": "図のデータは行数が多いため、印刷では省略した。画面版で確認できる。",
        "en": "The data of this figure are too long to print; the screen version has all rows.",
    },
    "synthetic": {"ja": "架空データ（練習用）", "en": "Invented data (for practice)"},
    "synthetic_page": {
        "ja": "このページの数値には架空のデータが含まれる。実際の団体の状況を示すものではない。",
        "en": "Figures on this page rest on invented data. They describe no real municipality.",
    },
    "disclosure": {"ja": "庁内データによる報告書", "en": "A report on the municipality's own data"},
    "disclosure_page": {
        "ja": "個人が特定されないよう、{smallest}件（人）に満たない値と、ほかの数値との差し引きで"
        "それが分かってしまう値は伏せている（表では「秘匿」）。職員は仮名で扱い、自由記述は用いていない。",
        "en": "To protect persons, values behind which fewer than {smallest} cases or persons stand "
        "are hidden (“suppressed” in tables), and so are those from which they could be worked out. Staff "
        "appear under pseudonyms; free text is not used.",
    },
    "no_value": {"ja": "該当する数値なし", "en": "no value"},
    **{f"missing_{kind}": label for kind, label in LABELS.items()},
    "missing_not_entered": {"ja": "未記入", "en": "Not yet entered"},
    "numbers": {"ja": "数字の出典", "en": "Where the numbers come from"},
    "numbers_intro": {
        "ja": "本文中の点線を引いた数字と、図表の数値の計算元を示す。集計ごとに、数字の意味、"
        "使用した表とその行数、出典の版を挙げる。照合値は内容が同じかどうかを確かめるための符号で、"
        "内容が少しでも変わると別の値になる。",
        "en": "Where the numbers with a dotted line, and those of tables and figures, were computed: "
        "what each number is, the tables used with their rows, and the "
        "editions of the sources. A check value is a code that tells whether a content is still "
        "the same.",
    },
    "basis": {"ja": "数値の根拠", "en": "Where these numbers come from"},
    "chosen": {"ja": "分析者が定めた値", "en": "Values that the analyst chose"},
    "chosen_intro": {
        "ja": "分析者がノートブックで指定した値である。",
        "en": "Given by the analyst in the notebook.",
    },
    "entered_only": {
        "ja": "ノートブックに入力された値だけの計算であり、公開データによるものではない。",
        "en": "Computed from values entered in the notebook only; no published data stand behind it.",
    },
    "chosen_as": {"ja": "ノートブックでの名前：", "en": "Name in the notebook: "},
    "sample_of": {"ja": "対象数 {n}", "en": "{n} cases"},
    "method_of": {"ja": "方法：{method}", "en": "Method: {method}"},
    "rows_of": {"ja": "集計の結果 {rows}行から", "en": "From {rows} rows of the result"},
    "table_record": {
        "ja": "{table}（{rows}行、照合値 {digest}）",
        "en": "{table} ({rows} rows, check value {digest})",
    },
    "method_as": {
        "ja": "（式と文献は{finding}に示した）",
        "en": " (formula and paper: see {finding})",
    },
    "computed_by": {"ja": "使用した集計表と手順（SQL）", "en": "Tables and SQL"},
    "source_key": {"ja": "（{name}）", "en": " ({name})"},
    "tables_list": {"ja": "集計表の一覧", "en": "The tables"},
    "source_numbers": {"ja": "出典（一覧の番号）", "en": "Sources (numbers in the list)"},
    "same_sql": {
        "ja": "集計の手順（SQL）は{computation}と同じで、用いた行が異なる",
        "en": "Same SQL as {computation}, on other rows",
    },
    "corrections": {"ja": "訂正して用いた箇所", "en": "Cells corrected before use"},
    "computation": {"ja": "集計", "en": "Computation "},
    "opening": {"ja": "（", "en": " ("},
    "closing": {"ja": "）", "en": ")"},
    "back": {"ja": "本文に戻る", "en": "Back to the text"},
    "sources": {"ja": "出典の一覧", "en": "Sources"},
    "publisher": {"ja": "公表者", "en": "Publisher"},
    "licence": {"ja": "利用条件", "en": "Licence"},
    "edition": {"ja": "版", "en": "Edition"},
    "reference_dates": {"ja": "基準日", "en": "Reference date"},
    "source_page": {"ja": "公表ページ", "en": "Published at"},
    "sha256": {"ja": "照合値", "en": "Check value"},
    "exceptions": {"ja": "例外として用いた表現", "en": "Wordings used as exceptions"},
    "exceptions_intro": {
        "ja": "この資料の根拠の強さでは通常用いない表現のうち、理由を付けて用いたものである。",
        "en": "Wordings that this evidence does not allow as such, used for the reasons given.",
    },
    "reproduce": {"ja": "再現のしかた", "en": "How to reproduce this report"},
    "reproduce_intro": {
        "ja": "同じデータと同じ版のプログラムで次の命令を実行すると、同じレポートが得られる。",
        "en": "With the same data and the same version of the program, "
        "this command gives the same report.",
    },
    "command": {"ja": "命令", "en": "Command"},
    "notebook": {"ja": "ノートブック", "en": "Notebook"},
    "parameters": {"ja": "指定した条件", "en": "Parameters"},
    "no_parameters": {"ja": "なし", "en": "None"},
    "warehouse": {"ja": "データの照合値（SHA-256）", "en": "Check value of the data (SHA-256)"},
    "code_version": {"ja": "プログラムの版", "en": "Version of the program"},
    "stale": {
        "ja": "最新の更新に失敗したため、前回のページを掲載している",
        "en": "The last update failed; this is the page from the run before",
    },
    "stale_dates": {
        "ja": "データの時点は「出典の一覧」のとおりである",
        "en": "for the dates of its data see Sources",
    },
    "index_title": {"ja": "EBPMレポート一覧", "en": "EBPM reports"},
    "index_description": {
        "ja": "公表データにもとづく政策分析レポートの一覧",
        "en": "Reports on policy, made from published data",
    },
    "index_intro": {
        "ja": "国や自治体が公表したデータから、政策について言えることと言えないことをまとめた資料の一覧である。"
        "問い、団体、判定、データの時点から探すことができる。",
        "en": "Reports on what published data can and cannot say about policy. Find them by "
        "question, by body, by verdict or by the date of the data.",
    },
    "index_empty": {"ja": "掲載しているレポートはない。", "en": "There are no reports yet."},
    "index_questions": {"ja": "問いから探す", "en": "By question"},
    "index_places": {"ja": "団体から探す", "en": "By body"},
    "index_verdicts": {"ja": "判定から探す", "en": "By verdict"},
    "index_dates": {"ja": "データの時点から探す", "en": "By date of the data"},
    "index_changes": {"ja": "前回から変わったこと", "en": "What changed"},
    "places_hint": {
        "ja": "都道府県を選ぶと、団体の一覧が開く。",
        "en": "Choose a prefecture to open the list of its bodies.",
    },
    "places_search": {
        "ja": "団体の名前または団体コードで探す",
        "en": "Search by name (in Japanese) or code",
    },
    "places_none": {"ja": "当てはまる団体はない", "en": "No body found"},
    "places_some": {"ja": "{n}件", "en": "{n} found"},
    "bodies_count": {"ja": "{n}団体", "en": "{n} bodies"},
    "findings_count": {"ja": "{n}件", "en": "{n}"},
    "pages_count": {"ja": "{n}件", "en": "{n} pages"},
    "verdicts_intro": {
        "ja": "全国のレポートの分析結果を、判定ごとに挙げる。差がみられなかった結果と、判断できなかった結果も同じように残す。",
        "en": "The findings of the national reports under each verdict. Those that show no "
        "difference and those that cannot decide are kept like the others.",
    },
    "dates_intro": {
        "ja": "レポートに用いたデータを、基準日の新しい順に挙げる。",
        "en": "The data that the reports rest on, newest reference date first.",
    },
    "changes_intro": {
        "ja": "内容に変更のあった最も新しい更新で変わったことを示す。",
        "en": "What the latest update that changed anything has changed.",
    },
    "change_new": {"ja": "新たに作成した", "en": "new report"},
    "change_failed": {"ja": "更新に失敗した", "en": "update failed"},
    "change_mended": {"ja": "失敗ののち作成できた", "en": "made again after a failure"},
    "change_finding_new": {"ja": "分析結果が加わった", "en": "finding added"},
    "change_finding_gone": {"ja": "分析結果がなくなった", "en": "finding no longer there"},
    "change_verdict": {"ja": "判定が変わった", "en": "verdict changed"},
    "change_value": {"ja": "集計値が変わった", "en": "value changed"},
    "quote_open": {"ja": "「", "en": " “"},
    "quote_close": {"ja": "」", "en": "”"},
    "interactive_note": {
        "ja": "図に触れると値が出る版である。内容は通常の版と同じである。",
        "en": "In this version charts show values at the pointer. The content is the same.",
    },
    "plain_form": {"ja": "通常の版を開く", "en": "Open the plain version"},
    "tip_item": {"ja": "項目", "en": "item"},
    "tip_answer": {"ja": "区分", "en": "category"},
    "tip_low": {"ja": "下限", "en": "low"},
    "tip_high": {"ja": "上限", "en": "high"},
    "tip_n": {"ja": "数", "en": "number"},
    "tip_rank": {"ja": "順", "en": "rank"},
    "other_forms": {"ja": "ほかの形式", "en": "Other forms"},
    "interactive_form": {"ja": "図を操作できる版", "en": "with interactive charts"},
    "pdf_form": {"ja": "PDF", "en": "PDF"},
    "status_failed": {"ja": "作成に失敗", "en": "Failed"},
    "status_kept": {
        "ja": "更新に失敗（前回のページを掲載）",
        "en": "Update failed (the page from the run before is shown)",
    },
    "account": {"ja": "失敗の記録", "en": "Account of the failure"},
    "failure_title": {"ja": "レポートを作成できなかった", "en": "The report could not be made"},
    "failure_where": {"ja": "場所", "en": "Where"},
    "failure_cell": {"ja": "セル", "en": "cell "},
    "failure_reason": {"ja": "理由", "en": "Reason"},
    "failure_todo": {"ja": "次に行うこと", "en": "What to do"},
    "failure_default": {
        "ja": "ノートブックをJupyterLabで開き、上記のセルを確かめる。"
        "直したあと、下の命令をもう一度実行する。",
        "en": "Open the notebook in JupyterLab and look at the cell named above. "
        "When it is mended, run the command below again.",
    },
    "failure_kept": {
        "ja": "前回作成したページは残っている。",
        "en": "The page from the run before is still in place.",
    },
    "failure_open_kept": {"ja": "前回のページを開く", "en": "Open the page from the run before"},
    "failure_traceback": {"ja": "技術的な記録（末尾）", "en": "Technical record (last lines)"},
    "dictionary_title": {"ja": "データ項目一覧", "en": "Data dictionary"},
    "dictionary_description": {
        "ja": "レポートの集計に用いる表とその列の意味、単位、件数、出典の一覧",
        "en": "Tables and columns behind the reports: meaning, unit, counts and sources",
    },
    "dictionary_intro": {
        "ja": "レポートの集計に用いる表と、その列の意味、単位、取りうる値、値のある行数、出典を示す。"
        "「確認済みの規則」は、データを取り込むたびにすべての行について確かめている。",
        "en": "The tables behind the reports, with the meaning, unit, allowed values, number of rows "
        "with a value and source of each column. The rules checked are tested on every row each "
        "time data are taken in.",
    },
    "dictionary_mart": {"ja": "集計用の表", "en": "Tables for analysis"},
    "dictionary_staging": {"ja": "取り込んだ表", "en": "Tables as taken in"},
    "dictionary_key": {"ja": "キー", "en": "Key"},
    "dictionary_rows": {"ja": "行数", "en": "Rows"},
    "dictionary_edition": {"ja": "{title}（{edition}）", "en": "{title} ({edition})"},
    "dictionary_columns": {"ja": "{table}の列", "en": "Columns of {table}"},
    "dictionary_column": {"ja": "列", "en": "Column"},
    "dictionary_meaning": {"ja": "意味", "en": "Meaning"},
    "dictionary_unit": {"ja": "単位：", "en": "Unit: "},
    "dictionary_home": {"ja": "定義：", "en": "Defined in: "},
    "dictionary_allowed": {"ja": "取りうる値", "en": "Allowed values"},
    "dictionary_filled": {"ja": "値のある行数", "en": "Rows with a value"},
    "dictionary_rules": {"ja": "確認済みの規則", "en": "Rules checked"},
    "type_text": {"ja": "文字列", "en": "text"},
    "type_whole": {"ja": "整数", "en": "whole number"},
    "type_number": {"ja": "数値", "en": "number"},
    "type_truth": {"ja": "真偽値", "en": "true or false"},
    "type_date": {"ja": "日付", "en": "date"},
    "print_page": {"ja": "ページ", "en": "page"},
} | LEDGER_WORDS

MISSING_KINDS = frozenset(
    key.removeprefix("missing_") for key in WORDS if key.startswith("missing_")
)


def word(key: str, lang: Lang) -> str:
    return WORDS[key][lang]


def all_words(lang: Lang) -> str:
    """Every interface string of one language; its characters are the stable part of the font."""
    return "".join(text[lang] for text in WORDS.values())
