"""English: what stands before a wording or around a quotation decides whether it is said.

Texts come in small letters.
"""

import re

CLAUSE = re.compile(
    r"[;:]|, (?:and|but|yet|so|while|whereas|although|though)\b|\b(?:but|although|whereas)\b"
)
NO = (
    r"\b(?:no|not|nothing|never|cannot|neither|nor|none|nobody|hardly|unable|\w+n't)\b"
    r"(?! (?:only|just|merely|surpris))"
)
DENIED = re.compile(
    rf"{NO}[^.]{{0,50}}\b(?:evidence|sign|show\w*|mean\w*|follow\w*|prov\w+|conclu\w+|sa(?:y|id|ying)"
    r"|tell|know\w*|clear|demonstrat\w+|establish\w*|indicat\w+|impl\w+|suggest\w*|support\w*|read"
    r"|claim\w*|sure|confirm\w*|taken?|assum\w+|examin\w+|test\w*|ask\w*)\b"
    r"|\b(?:is|are|was|were|been|be|has|have|had|do|does|did|can|could|would|will)"
    r"(?:not|n't| not| never)(?: yet)?(?: been)? $"
    r"|\b(?:whether|if|how far|to what extent|how much)\b[^,]*$"
    r"|\b(?:wrong|mistaken|premature|misleading|tempting|too early|rash|hasty)\b"
)
HOPED = re.compile(
    r"\b(?:aim\w*|goals?|purpose|objective|intention|target\w*|task|meant|intended|designed"
    r"|hop(?:e|es|ed|ing)|expect\w*|plans?|planned|wants?|seeks?|sought|order|so as|try|tries|tried"
    r"|trying|supposed|propos\w+|wish\w*|ambition|attempt\w*|efforts?|ways|promis\w+|sets? out)\b"
    r"(?: [\w-]+){0,8}? (?:to|that|at|of)(?: [\w-]+){0,6} $"
    r"|\b(?:is|are|was|were) to(?: \w+){0,2} $"
)
TOLD = re.compile(
    r"\b(?:sa(?:y|ys|id|ying)|states?|stated|claims?|claimed|writes|wrote|written|answer\w*|repl\w+"
    r"|asked|asks|such as|call\w*|terms?|words?|phrases?|wordings?|sentences?|headlines?|statements?"
    r"|questions?|reads?|options?|labels?|labelled|according|argu\w+|quot\w+|like"
    r"|cho(?:se|sen|ose)|ticked|agreed|felt|report(?:s|ed)|believ\w+|th(?:ink|ought)|promis\w+)\b"
)
TOLD_AFTER = re.compile(
    r" ?(?:is|are|was|were|needs?|cannot|would|may|goes|does|has|remains?|must|should|stands?)\b"
    r"[^.]*\b(?:no|not|cannot|more than|needs?|without|unproven|untested|only|too|wrong|never"
    r"|beyond|nothing)\b"
)
ASSERTED = re.compile(
    r"\b(?:show(?:s|n|ed)?|finds?|found|finding|conclu\w+|confirm\w*|demonstrat\w+|prov(?:e|es|ed|en)"
    r"|reveal\w*|establish\w*|means?|clear|fact|evident|result|agree)\b[^.]{0,12}$"
)


def is_open(before: str) -> bool:
    """Whether what stands before a wording asks, hopes or denies it."""
    clause = CLAUSE.split(before)[-1]
    return bool(DENIED.search(clause) or HOPED.search(clause))


def is_discussed(before: str, after: str) -> bool:
    """Whether a quotation between is attributed or discussed rather than asserted."""
    clause = CLAUSE.split(before)[-1]
    if DENIED.search(clause) or after.rstrip("。\n ").endswith("?"):
        return True
    if ASSERTED.search(clause):
        return False
    return bool(TOLD.search(before) or TOLD.search(after) or TOLD_AFTER.match(after))
