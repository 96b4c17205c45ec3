"""Words of the advice: why a method fits the shape of the data, and what to watch."""

from ebpm.evidence.text import Both

ITEMS = {
    "shape": Both("データの形", "shape of the data"),
    "method": Both("合う方法", "method that fits"),
    "why": Both("理由", "why"),
    "other": Both("ほかに使える方法", "would do as well"),
    "level": Both("届く強さ", "how far it can reach"),
    "watch": Both("気を付けること", "to watch"),
}

KINDS = {
    "binary": Both("0か1（した・しない）", "0 or 1 (yes or no)"),
    "share": Both("0から1の割合", "a share from 0 to 1"),
    "whole": Both("整数（件数、人数、丸めた率など）", "whole numbers (counts, or rounded rates)"),
    "continuous": Both("連続した数", "a continuous number"),
}

TIMINGS = {
    "one_period": Both("一時点", "a single point in time"),
    "never_changes": Both("期間中に取組の変わった団体はない", "the exposure changes nowhere"),
    "one_start": Both("開始時期は一つ。始めない団体もある", "one start; some never begin"),
    "several_starts": Both("開始時期は複数", "several starts"),
    "everyone": Both("全団体が同時に開始", "all begin at once"),
    "on_and_off": Both("取組が増えたり減ったりする", "the exposure goes up and down"),
}

WHY = {
    "one_series": Both(
        "一つの系列の途中で取組が始まっている。始まる前の傾向を延ばした値と比べる。",
        "One series in which something begins: set it against its own earlier trend.",
    ),
    "everyone": Both(
        "全団体が同時に始めており、比べる相手がない。前後の差しか分からない。",
        "All begin at once, so there is nobody to compare with: only before and after.",
    ),
    "few_started": Both(
        "始めた団体（または始めない団体）がごく少ない。団体を入れ替えた場合と比べる検定が確かである。",
        "Very few units begin (or do not): a test that swaps the units is the safe one.",
    ),
    "one_start": Both(
        "始めた団体の前後の変化を、始めていない団体の変化と比べられる。",
        "The change of those that began can be set against that of those that did not.",
    ),
    "many_periods": Both(
        "前後に複数の時点がある。時点ごとに、始めていない団体の変化と比べられる。",
        "There are several periods: the change can be followed period by period.",
    ),
    "several_starts": Both(
        "団体によって開始時期が違う。先に始めた団体を比べる相手にしない方法を用いる。",
        "Units begin at different times: earlier starters must not serve as comparison.",
    ),
    "within": Both(
        "取組が団体の中で増減する。団体と時点を固定効果に入れ、同じ団体の中の変化を比べる。",
        "The exposure moves within units: fixed effects of unit and period compare those moves.",
    ),
    "never_changes": Both(
        "時点は複数あるが、取組は団体の中で変わらない。時点を固定効果に入れた、団体の間の比較になる。",
        "Several periods, but the exposure never moves: a comparison between units, period by period.",
    ),
    "few_exposed": Both(
        "取組のある団体（または、ない団体）がごく少ない。団体を入れ替えた場合と比べる検定が確かである。",
        "Very few units have the exposure (or lack it): a test that swaps units is the safe one.",
    ),
    "share": Both(
        "結果が0から1の間にある。割合のための回帰で、条件をそろえて比べる。",
        "The outcome lies between 0 and 1: a regression made for shares, with controls.",
    ),
    "two_groups_alike": Both(
        "一時点で、取組のある団体とない団体がある。測った条件をそろえて平均の差をみる。",
        "One point in time and two groups: compare means with what was measured held constant.",
    ),
    "controls": Both(
        "一時点で、取組の程度が団体ごとに違う。測った条件をそろえて比べる。",
        "One point in time, more of the exposure here than there: compare with controls.",
    ),
    "two_groups": Both(
        "一時点で、そろえる条件がない。二つの集団の平均の差だけが分かる。",
        "One point in time without controls: only the difference of two means.",
    ),
    "together": Both(
        "一時点で、そろえる条件がない。二つの数値がともに大きいかどうかだけが分かる。",
        "One point in time without controls: only whether two things go together.",
    ),
}

WATCHED = {
    "missing": Both(
        "値のない行がある（最も多い列で{most}）。除く数と理由を示す。0で埋めない。",
        "Rows without a value (at most {most} of a column): say how many are left out and why; never fill with 0.",
    ),
    "independent": Both(
        "行を互いに独立とみなしている。同じ都道府県の団体が似ているなら、まとまりを指定する。",
        "Rows are taken as independent: name the cluster where bodies of a prefecture are alike.",
    ),
    "few_clusters": Both(
        "まとまりが30に満たない。誤差は少ないまとまりのための計算で求める。",
        "Fewer than 30 clusters: errors are those made for few clusters.",
    ),
    "repeated": Both(
        "同じ団体の行が二つ以上ある。行の数だけ証拠があるわけではないため、団体をまとまりとする。",
        "Units have several rows: rows are not so many pieces of evidence; cluster by unit.",
    ),
    "whole_numbers": Both(
        "件数や人数なら、団体の規模で決まってしまう。人口当たりなどの率に直してから比べる。",
        "Counts follow size: turn them into rates (per resident) before comparing.",
    ),
    "no_controls": Both(
        "そろえる条件がない。人口、高齢化率、都道府県など、両方に関わりそうなものを加える。",
        "No controls: add what may stand behind both (population, age, prefecture).",
    ),
    "lopsided": Both(
        "どちらかの集団が30団体に満たない。少数の団体の事情に左右される。",
        "One group has fewer than 30 units: a few bodies decide.",
    ),
    "never_changes": Both(
        "取組が期間中に変わらないため、前後を比べられない。取組の前の時点のデータを探す。",
        "The exposure never changes, so there is no before and after: look for earlier data.",
    ),
    "already": Both(
        "最初の時点ですでに始めている団体がある。前の値がないため、数えてから除く。",
        "Some units have begun by the first period: count them and leave them out.",
    ),
    "all_in_the_end": Both(
        "最後には全団体が始める。最後に始めた団体の開始以降を除き、比べる相手として残す。",
        "All begin in the end: drop the last starters' later periods to keep a comparison.",
    ),
    "lonely_start": Both(
        "一団体だけの開始時期がある。その団体は数えてから除く。",
        "Some start has one unit only: count it and leave it out.",
    ),
    "one_before": Both(
        "始まる前の時点が一つしかなく、前の推移がそろっていたか確かめられない。",
        "Only one period before the start: whether trends were alike cannot be seen.",
    ),
    "like_trends": Both(
        "始まる前の推移がそろっているかを図で確かめる。そろっていなければ強さは下がる。",
        "Show whether trends were alike before the start; if not, the level falls.",
    ),
    "no_cause": Both(
        "取組の効果とは言えない。言えるのは、違いがともにみられるかどうかまでである。",
        "Not evidence of an effect: only whether the two go together.",
    ),
}
