"""English wordings that state an effect, or its certainty.

An entry is a pattern, or a pair of what must stand before it in the sentence and the pattern; both
are read in small letters, and the pattern as whole words.
"""

THINGS = (
    r"(?:staff|time|times|days|hours|minutes|costs?|work|workloads?|periods?|numbers?|money|yen"
    r"|productivity|efficiency|efforts?|burdens?|rates?|backlogs?|overtime|visits|queues?|waits?"
    r"|waiting|errors?|pressure|services?)"
)
LESS_OR_MORE = (
    r"(?:fewer|less|lower|shorter|higher|more|faster|better|quicker|reductions?|savings?"
    r"|improvements?|gains?)"
)
BETTER = (
    r"(?:faster|shorter|quicker|easier|cheaper|slower|quieter|safer|cleaner|healthier|happier"
    r"|simpler|stronger|better|worse|smoother|fairer|richer|wider|closer|higher|lower|smaller"
    r"|larger|(?:more|less) \w+)"
)
CHANGES = (
    r"(?:savings?|reductions?|improvements?|gains?|declines?|decreases?|benefits?|increases?|growth"
    r"|falls?|drops?)"
)
FALL = r"(?:the |this |that |a )?(?:\w+ )?(?:fall|drop|decline|decrease|rise|increase|growth)"
MEASURE = (
    r"(?:polic(?:y|ies)|programmes?|programs?|schemes?|projects?|initiatives?|measures?|tools?"
    r"|systems?|portals?|apps?|campaigns?|services?|forms|applications?|digitali[sz]ation"
    r"|automation|online|digital|procedures|rates|prevention|training|subsid(?:y|ies)|grants?)"
)
# "A reduced tax rate" names a thing; it does not say that anything reduced it.
NOT_A_NAME = r"(?<!\bthe )(?<!\ba )(?<!\ban )(?<!\bat )(?<!\bwith )(?<!\bof )"
NOT_PASSIVE = r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bbe )(?<!\bbeen )"
SHOWN_HERE = (
    r"(?! (?:the |this |each |an? )?(?:annex|appendix|tables?|figures?|charts?|sections?|reports?"
    r"|text|chapters?|columns?|rows?|brackets|bold|prefectures?|municipalit\w+|japan)\b)"
)
A_SOURCE = r"(?! (?:its|the|their|this|today's) (?:\w+ )?(?:source|page|question|quer|annex|body))"
# "Raised the fee" is a decision, "lowers the grade" a rule: neither came of anything.
OF_A_DECISION = (
    r"(?! (?:the |a |an |its |their |this |that )?(?:\w+ )?(?:fees?|budget|tax|prices?|thresholds?"
    r"|targets?|age|limits?|questions?|issues?|concerns?|charges?|ceiling|alarm|rules?)\b)"
)
OF_FIGURES = (
    r"(?! (?:the |a |an |its |their )?(?:\w+ )?(?:results?|estimates?|totals?|figures?|ranks?|sums?"
    r"|conclusions?|intervals?|grade|variance|precision|power|sample|bias|coefficients?)\b)"
)
OF_METHODS = r"(?! (?:rounding|weighting|leaving|excluding|missing|outliers|suppress\w+|revis\w+))"
RAISES = (
    r"(?:raises?|lifts?|boosts?|doubles|halves|curbs?|slows|stops|prevents?|deters?|attracts"
    r"|discourages|eliminates|mitigates|relieves|fosters?|stimulates|protects|restores|revives"
    r"|transforms|strengthens|narrows|widens)"
)
RAISED = (
    r"(?:raised|lifted|boosted|doubled|halved|curbed|slowed|stopped|prevented|deterred|attracted"
    r"|discouraged|eliminated|mitigated|relieved|fostered|stimulated|protected|restored|revived"
    r"|transformed|strengthened|narrowed|widened)"
)
NOT_WITHIN = (
    r"(?! (?:in|by|from|to|on|for|at|of|with|than|before|after|when|where|until|if|and|or)\b)"
)

EFFECTS: dict[str, str | tuple[str, str]] = {
    "changed something": (
        rf"(?:reduces?|reducing|lower(?:s|ing)){OF_FIGURES}"
        rf"|{NOT_A_NAME}(?:reduced|improved|lowered|shortened|enhanced){OF_FIGURES}"
        r"|improv(?:es?|ing)|shorten(?:s|ing)?|enhanc(?:es?|ing)|eas(?:es|ed|ing)"
        r"|accelerat(?:es|ed)|(?:speeds|sped|speeding) up|free(?:s|d|ing)(?: up)?(?! of)"
        r"|alleviat(?:es|ed|ing)|lessen(?:s|ed|ing)|shrink(?:s|ing)? the|shrank the"
        rf"|{NOT_PASSIVE}ma(?:kes|de) (?:\w+ ){{1,4}}(?<!\ba ){BETTER}"
        r"|(?:cuts?|cutting|saves?|saved|saving|spared|halved|boosts|boosted|raised the"
        r"|increases the|increased the|decreases the|decreased the)"
        rf" (?!in\b|by\b|off\b|at\b)(?:[\w-]+ ){{0,3}}{THINGS}"
        r"|(?:services|applications?|procedures|tools|systems|rates) (?:lower|boost|cause)"
        r"|(?:takes?|took|taken|taking) (?:the )?(?:pressure|load|burden|strain|weight) off"
        r"|bring(?:s|ing)? down|brought down|br(?:ing|ings|inging|ought) (?:\w+ ){1,4}down"
    ),
    "acts on something": (
        rf"{RAISES}{NOT_WITHIN}{OF_A_DECISION}{OF_FIGURES}(?= \w)"
        rf"|{RAISED}(?= (?:the|an?|our|its|their|more|fewer|many|local)\b){OF_A_DECISION}{OF_FIGURES}"
        r"|(?:cuts?|reduc\w+|lower\w*|rais\w+) (?:[\w'-]+ ){1,6}by "
        r"(?:an?|half|one|two|three|over|[0-9]\S*)"
        r"|keep(?:s|ing)? (?:people|residents|children|families|patients|staff) "
        r"(?:in|out|off|at|from)"
        r"|(?:leaves?|left) (?:\w+ ){1,3}(?:better|worse) off|got (?:more|fewer)"
        r"|brings? back|br(?:ing|ings|ought) (?:\w+ ){1,3}back"
        r"|turn(?:s|ed)? (?:\w+ ){1,2}around"
        r"|(?:saved|saves) (?:the |our |us |its )?(?:council|city|town|residents|taxpayers|staff)"
    ),
    "brought about": (
        rf"led to|leads to{A_SOURCE}|lead(?:ing)? to (?:\w+ ){{0,2}}{LESS_OR_MORE}"
        rf"|result(?:ed|ing)? in|results in{SHOWN_HERE}|br(?:ought|ings?|inging) about"
        r"|translat(?:es|ed|ing) into|contribut(?:es|ed|ing) to|trigger(?:s|ed)"
        r"|(?:drives?|drove|driven|driving) (?:\w+ ){0,3}(?:up|down)"
        r"|(?:enabl(?:es|ed|ing)|allow(?:s|ed|ing)) (?:\w+ ){1,4}to"
        r"|help(?:s|ed) (?:to )?(?:cut|shorten|lower|improve|save|raise|increase|decrease|ease)"
        r"|(?:achiev|yield|produc|deliver|generat|creat|secur|spur|fuel|spark|prompt)"
        rf"(?:es|ed|s|ing|e|red|led)? (?:[\w%-]+ ){{0,4}}{CHANGES}"
        rf"|(?:drove|drives?|brought|won) (?:[\w%-]+ ){{0,4}}{CHANGES}"
        r"|(?:is|are|was|were|been|proved) (?:\w+ )?instrumental in|successful in"
        r"|(?:play|plays|played|playing) an? (?:\w+ )?(?:role|part) in"
        rf"|mean(?:s|t) (?:that )?(?:\w+ )?{LESS_OR_MORE}|pay(?:s|ing)? off|paid off"
        r"|bear(?:s|ing)? fruit|bore fruit|borne fruit|reap(?:s|ed|ing)? (?:the )?(?:\w+ )?benefits?"
        r"|(?:pays?|paid) for itself|makes? it possible|made it possible"
    ),
    "had an effect": (
        rf"the (?:effect|impact) of{OF_METHODS}"
        r"|ha(?:s|ve|d|ving) (?:had )?(?:an?|no|little|hardly any) (?:\w+ ){0,2}"
        r"(?:effect|impact|influence|bearing|consequences?)"
        r"|(?:serious|grave|lasting|far-reaching|direct) consequences (?:for|on)"
        r"|g(?:ives?|iven|ave) (?:\w+ ){1,3}(?:the )?(?:confidence|chance|opportunity|means|time) to"
        r"|(?:positive|negative|beneficial|favou?rable) (?:effects?|impacts?)"
        r"|(?:its|the|their) (?:intended|desired|expected|hoped-for) (?:effects?|results?|impacts?)"
        rf"|affects{OF_FIGURES}|affected (?:the|staff|how){OF_FIGURES}"
        r"|influenced (?:the|staff|how)"
        r"|(?:is|are|was|were|proved|proven) (?:\w+ )?effective(?!\s+(?:from|as of|on|until|date))"
        r"|(?:effective|successful) (?:way|means|tool|measure|method|instrument)s?"
        r"|(?:makes?|making|made) (?:an?|all the|no|little) (?:\w+ )?difference"
        r"|(?:did|does|do|done) nothing (?:for|to|about)|success of (?:our|the|this|its)"
    ),
    "did not affect": (
        r"(?:(?:did|do|does) not|n't)(?: \w+ly)? (?:affect|influence|change|reduce|improve|lower"
        rf"|shorten|help|lead to|result in|cut|raise|boost|save|cause){OF_FIGURES}"
    ),
    "was the cause": (
        r"caused|causes(?! (?:of|are|were|is|and|may|cannot)\b)|causing|thanks to|owing to"
        r"|(?:because of|due to)"
        r"(?! (?:the )?(?:a lack|lacking|missing|rounding|suppress|small number|few))"
        r"|as a (?:direct )?(?:result|consequence)(?: of|(?=,))|stem(?:s|med|ming)? from"
        r"|(?:(?:can|may|must) (?:\w+ )?be|is|are|was|were) (?:\w+ )?attribut(?:ed|able) to"
        r"|(?:is|are|was|were) driven by|(?:is|are|was|were) the (?:\w+ )?cause of"
        r"|(?:is|are|was|were|been) (?!broken)(?:\w+ )?down to"
        r"|(?:be|is|are|was|were|been) put down to"
        rf"|(?:is|are|was|were|lay|lies) behind {FALL}|(?:is|are|was|were) responsible for {FALL}"
    ),
    "will change something": (
        r"if [^.。]{0,80} will (?:fall|drop|decline|rise|increase|decrease|shrink|need fewer)"
    ),
    "would have been otherwise": (
        r"\b(?:without|had it not been for|but for|if not for)\b[^.。]{0,80}$",
        r"would (?:not )?have",
    ),
    "works": (
        rf"\b{MEASURE} $",
        r"(?:works|worked)(?= ?[.,!;。]| well| as intended|$)|(?:has|have) worked",
    ),
}

CERTAINTIES: dict[str, str | tuple[str, str]] = {
    "proved": (
        r"prove[sd]? (?:that|to|how|the)|(?:has|have|had|is|are|was|were|been) (?:\w+ )?prove[nd]"
        r"|an? proven|proven (?:way|benefits?|effects?|to)|proof that"
        r"|(?:definitive|clear|irrefutable) proof|conclusive(?:ly)?|irrefutabl[ey]"
    ),
    "beyond doubt": (
        r"no (?:\w+ )?doubt|beyond (?:\w+ ){0,2}doubt|without (?:a |any )?doubt|undoubtedly"
        r"|unquestionably|indisputabl[ey]|undeniabl[ey]|inevitably"
    ),
    "without exception": (
        r"guarantee(?:s|d)?(?: to)? (?:cut|reduc|sav|lower|shorten|improv|fewer|less|shorter)\w*"
        r"|(?:always|invariably|certain to|certainly|sure to|bound to) (?:cuts?|reduc\w+|saves?"
        r"|lowers?|shortens?|improves?|leads? to|results? in)"
    ),
}
