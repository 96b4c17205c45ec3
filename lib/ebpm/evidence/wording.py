"""Wordings that state an effect, in Japanese and English: the lexicon behind `overclaims`.

Each entry is one idea, a regular expression of the wordings that state it. A design below
LEVEL_OF_EFFECTS may use none of them, not even in passing: a reader of the page keeps the word and
forgets the reservation. What only asks, hopes or denies passes where the wording shows it at once
(`NOT_SAID`). The tests hold the lexicon against lists of causal and of honest sentences.
"""

import re

# What follows a wording that is asked, hoped or denied rather than said.
NOT_SAID = (
    r"(?!か|の(か|ではな)|と(は|いう|期待|され|見込)|はず|もので(は|あるか)|ように見|道筋|ているか|ていな"
    r"|こと(を(意味|目的|目指|期待)|[はがもを](示せ|言え|いえ|確認できな|確かめられな|分からな)|には))"
)
CHANGED = (
    r"(減った|減って|減り、|減少した|減少して|減少し、|短くなった|短くなり|短縮した|短縮された"
    r"|少なくな[っり]た?|少なくて済ん|増えた|増えて|増加した|高まった|低下した|下がった|上がった"
    rf"|速くなった|早くなった|改善された|向上した|軽減された){NOT_SAID}"
)
WILL_CHANGE = (
    r"(減る|減少する|短くなる|少なくなる|少なくて済む|増える|高まる|下がる|上がる|速くなる|改善する"
    r"|向上する|浮く)"
)
POLICY = r"(化|率|申請|導入|利用|活用|推進|整備|AI|RPA|DX|システム|ツール|施策|事業)"
# 「団体によって増減が違う」 says that something varies, not that it was brought about.
NOT_VARYING = r"(?<!団体)(?<!手続)(?<!年度)(?<!地域)(?<!規模)(?<!種類)(?<!項目)"

JAPANESE = {
    "changed something": (
        r"削減し|削減でき|減らし|減らせ|減少させ|短縮し|短縮でき|短縮させ|増加させ|向上させ|改善し"
        r"|改善させ|軽減し|軽減でき|緩和させ|低下させ|加速させ|抑制し|抑制でき|節約し|節約でき|効率化し"
        r"|押し下げ|押し上げ|(速|早|短|少な|軽)くした|(手間|時間|人手|費用|労力)が省け(た|てい|る。)"
    ),
    "was changed": (
        rf"(短縮|削減|軽減|改善|抑制|節約|効率化)され(た|てい){NOT_SAID}|(?<!規制)緩和(し|され)た{NOT_SAID}"
        r"|(短縮|削減|軽減|効率化|改善|向上)[をが](実現|達成)し"
    ),
    "brought about": (
        rf"もたらし|もたらす{NOT_SAID}|引き起こ|のおかげ|つなが[っり]た"
        rf"|(?<!出典)(?<!窓口)につなが(る|ってい){NOT_SAID}|に結び(つい|付い)(た|てい){NOT_SAID}"
        r"|寄与し|貢献し|影響を与え|影響を及ぼ|影響した|功を奏|奏功|決め手とな|に効い(た|てい)"
    ),
    "had an effect": (
        r"効果があ|効果が認め|効果がみられ|効果が出|効果を上げ|効果を発揮"
        rf"|効果[はも]あ(る|った){NOT_SAID}|効果[はが]な(い|かった){NOT_SAID}"
        rf"|効果(である|だった|であった|が大き[いか]|が高[いか]){NOT_SAID}"
        rf"|効果が(確認され|現れ|表れ|示され|実証され|得られ)(た|ている|る){NOT_SAID}"
        rf"|効果を(確認し|実証し|示し|生ん|生み出し)[ただ]{NOT_SAID}"
        rf"|効果的(だ|であ(る|った)){NOT_SAID}|に有効(だ|であ(る|った)){NOT_SAID}"
    ),
    "was the cause": (
        rf"(原因|要因)(だ|である|であった|となった|となってい){NOT_SAID}"
        rf"|因果関係が(あった|ある|認められる|認められた|示された|確認された|確認できた){NOT_SAID}"
        rf"|による(効果|改善|短縮|削減|減少|成果)(である|だ){NOT_SAID}"
    ),
    "changed by something": (
        rf"の影響(で|により)、?[^。、]{{0,20}}{CHANGED}"
        rf"|{NOT_VARYING}(により|によって)、?((減少|短縮|改善|向上)[しさがを]|[^。、]{{0,20}}{CHANGED})"
        rf"|(化|導入|活用|推進)で、?[^。、]{{0,20}}{CHANGED}|[ただる]ことで、?[^。、]{{0,20}}{CHANGED}"
        rf"|{POLICY}(した|の|による)結果[、，][^。]{{0,20}}{CHANGED}"
        rf"|{CHANGED}のは[^。]{{0,25}}(のため|による|から)(で|だ|。)"
    ),
    "will change something": (
        rf"(広げ|進め|増やせ|高め|上げ|すれ)(れ?ば|ると)、?[^。、]{{0,20}}{WILL_CHANGE}{NOT_SAID}"
        rf"|{POLICY}[はが][^。、]{{0,25}}を(削減する|減らす|短縮する|軽減する|改善する|増やす|高める"
        r"|下げる|速める|早める|抑える|省く)(。|$|効果)"
        rf"|{POLICY}[はが][^。、]{{0,25}}を(増やし|高め|下げ|上げ|抑え|速め|早め|縮め|省い)(た|てい)"
    ),
}

THINGS = (
    r"(staff|time|times|days|hours|minutes|costs?|work|workloads?|periods?|numbers?|money|yen"
    r"|productivity|efficiency|efforts?|burdens?|rates?|backlogs?)"
)

ENGLISH = {
    "changed something": (
        r"reduced?|reduces|reducing|improv(ed|es|ing)|lower(ed|s|ing)|shorten(ed|s|ing)"
        r"|accelerat(es|ed)|(speeds|sped|speeding) up|(frees|freed|freeing) up|alleviat(es|ed|ing)"
        r"|lessen(s|ed|ing)|ma(kes|de) (\w+ ){1,4}(faster|shorter|quicker|easier|cheaper|slower)"
        r"|(cuts?|cutting|saves|saved|saving|spared|halved|boost(s|ed)|increas(es|ed) the"
        rf"|decreas(es|ed) the|raised the) (?!in\b|by\b|off\b|at\b)(\w+ ){{0,3}}{THINGS}"
        r"|(services|applications?|procedures|tools|systems|rates) (improve|shorten|lower|cut|save"
        r"|boost|cause)"
    ),
    "brought about": (
        r"led to|leads to|lead(ing)? to (\w+ ){0,2}(fewer|less|lower|shorter|higher|more|faster"
        r"|better|reductions?)|result(ed|s|ing)? in|br(ought|ings?|inging) about"
        r"|contribut(es|ed|ing) to|(drives|drove|driven) (up|down)|trigger(s|ed)"
        r"|enabl(es|ed|ing) (\w+ ){1,4}to"
        r"|help(s|ed) (to )?(cut|shorten|lower|improve|save|raise|increase|decrease|ease|spare)"
        r"|(achieved|brought|yielded|produced|delivered|generated) (\w+ ){0,4}"
        r"(savings?|reductions?|improvements?|gains?|declines?|decreases?)"
    ),
    "had an effect": (
        r"had an effect|has an effect|the effect of|the impact of|had an impact"
        r"|ha(s|ve|d|ving) (a|no) (\w+ )?(effect|impact|influence)"
        r"|(positive|negative|beneficial|favourable|favorable) (effects?|impacts?)"
        r"|affects|affected (the|staff|how)|influenced (the|staff|how)"
        r"|(is|are|was|were|proved|proven) (\w+ )?effective(?!\s+(from|as of|on|until|date))"
    ),
    "was the cause": (
        r"caused|causes|causing|thanks to|owing to"
        r"|(because of|due to)(?! (a lack|lacking|missing|rounding|suppress))"
        r"|as a (direct )?(result|consequence) of"
        r"|((can|may|must|is|are|was|were) be|is|are|was|were) attribut(ed|able) to"
        r"|(is|are|was|were) driven by|(is|are|was|were) the (\w+ )?cause of"
        r"|(is|are|was|were) responsible for (the |a )?(fall|drop|decline|decrease|rise|increase)"
    ),
    "will change something": (
        r"if [^.]{0,80} will (fall|drop|decline|rise|increase|decrease|shrink|need fewer)"
    ),
}

CAUSAL = re.compile(
    f"{'|'.join(JAPANESE.values())}|\\b({'|'.join(ENGLISH.values())})\\b", re.IGNORECASE
)
