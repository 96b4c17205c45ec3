"""How near a heading of a real export is to what a form calls a field.

Headings are taken apart (width, case, blanks, camelCase, snake_case, brackets, Japanese spelling
variants) and compared with the synonyms of a field: 100 is the same, 0 has nothing in common.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence

from ebpm.own.forms import Field
from ebpm.own.mapped import folded

# A synonym far down its list counts less than the first by up to so many points.
RANK = 12.0
EXACT, REORDERED, STEM = 100.0, 96.0, 93.0
PARTIAL, PARTIAL_SPAN = 50.0, 30.0
GENERIC, GENERIC_SPAN = 35.0, 20.0

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BRACKETS = re.compile(r"[(\[【〔<〈「][^()\[\]【】〔〕<>〈〉「」]*[)\]】〕>〉」]")
_NUMBER_SIGN = re.compile("[#＃№]")
_RUNS = re.compile(r"[a-z0-9À-ɏ]+|[^\Wa-z0-9À-ɏ_]+")
_SAME = {
    **dict.fromkeys(("num", "no", "nr", "nbr", "number", "key", "code", "cd"), "id"),
    **dict.fromkeys(("identifier", "番号", "コード", "ナンバー", "№", "ids"), "id"),
    **dict.fromkeys(("dt", "dttm", "datetime"), "date"),
    **{"ts": "timestamp", "dept": "department", "desc": "description", "org": "organization"},
    **{"organisation": "organization", "req": "request", "svc": "service", "usr": "user"},
    **{"mins": "minute", "min": "minute", "minutes": "minute", "randomised": "randomized"},
}
_VARIANTS = (
    (re.compile("申し?込み?"), "申込"),
    (re.compile("手続き"), "手続"),
    (re.compile("受け?付け?"), "受付"),
    (re.compile("取り?扱い?"), "取扱"),
    (re.compile("問い?合わ?せ?"), "問合"),
    (re.compile("届け?出"), "届出"),
    (re.compile("引き?継ぎ?"), "引継"),
    (re.compile("呼び?出し?"), "呼出"),
    (re.compile("締め?切り?"), "締切"),
    (re.compile("取り?下げ?"), "取下"),
    (re.compile("担当の?(?=課|者|職員)"), "担当"),
    (re.compile("^[おご御](?=[^-~])"), ""),
    (re.compile("ヴァ?|ー(?=$)"), ""),
)
_SUFFIX_ID = re.compile("(?:番号|コード|ナンバー|№)$")
_TIME_WORDS = {
    *("date", "time", "timestamp", "at", "on", "utc", "local", "day", "datum", "data", "le"),
    *("kuupäev", "fecha", "tijd", "of", "de", "d"),
}
_NAME_WORDS = {"name", "description", "label", "en"}
_TIME_END = re.compile("(?:年月日|日時|日付|時刻|日|タイムスタンプ)$")
_NAME_END = re.compile("(?<=.)(?:名称|名)$")
_GENERIC = {
    *("type", "service", "source", "group", "category", "status", "time", "date", "user"),
    *("action", "state", "owner", "name", "test", "case", "id", "record", "request", "unit"),
    *("start", "end", "begin", "process", "task", "step", "role", "created", "opened", "closed"),
    *(
        "種別",
        "種類",
        "分類",
        "状態",
        "結果",
        "時刻",
        "日時",
        "名称",
        "方法",
        "区分",
        "件名",
        "開始",
    ),
    *(
        "終了",
        "用件",
        "担当",
        "業務",
        "手続",
        "処理",
        "窓口",
        "所属",
        "作業",
        "受付",
        "申請",
        "日付",
    ),
    "event",
}
_NOISE = {"case", "sr", "ticket", "x", "the"}
_PERSONAL = re.compile(
    r"氏名|名前|姓名|^[姓名]$|フリガナ|ふりがな|カナ|住所|番地|電話番号|連絡先|携帯|ファクス|メールアドレス|eメール|"
    r"生年月日|誕生日|郵便番号|口座|個人番号|マイナンバー|被保険者|本籍|続柄|世帯主|^(?:電話|tel|fax|メール)$"
)
_PERSONAL_WORDS = {
    *("address", "phone", "telephone", "email", "mail", "zip", "zipcode", "postcode", "postal"),
    *("birth", "birthdate", "dob", "surname", "firstname", "lastname", "fullname", "mobile"),
    *("latitude", "longitude", "lat", "lon", "lng", "street", "iban", "passport", "ssn"),
}
_PERSONAL_PAIRS = re.compile(r"(?:first|last|full|family|given|middle|customer|applicant) ?name")


def closeness(heading: str, item: Field) -> float:
    """0–100: how near the heading is to the field's synonyms, labels included."""
    names = (item.label.ja, item.label.en, item.key, *item.synonyms)
    best = max(_closeness(heading, name, item.type) - _rank(item, name) for name in names)
    if best < STEM - RANK and (_speaks_against(heading, item) or is_personal(heading)):
        return 0.0
    return max(best, 0.0)


def is_personal(heading: str) -> bool:
    """Whether a heading announces personal data (name, address, telephone, place on the map)."""
    words = tokens(heading)
    return bool(
        _PERSONAL.search(folded(heading))
        or _PERSONAL_WORDS.intersection(words)
        or _PERSONAL_PAIRS.search(" ".join(words))
    )


@functools.lru_cache(maxsize=20_000)
def tokens(heading: str) -> tuple[str, ...]:
    """The words of a heading in one spelling: `SRRecordID` → sr, record, id; 受付No. → 受付, id."""
    plain = unicodedata.normalize("NFKC", _NUMBER_SIGN.sub(" number ", heading)).strip()
    words: list[str] = []
    for run in _RUNS.findall(_CAMEL.sub(" ", plain).lower()):
        words += [run] if run[0].isascii() or run[0] < "\u0250" else _japanese(run)
    return tuple(_singular(_SAME.get(word, word)) for word in words if word not in ("の", "と"))


def _japanese(run: str) -> list[str]:
    for pattern, same in _VARIANTS:
        run = pattern.sub(same, run)
    stem = _SUFFIX_ID.sub("", run)
    return [part for part in ((stem, "id") if stem != run else (run,)) if part]


def _singular(word: str) -> str:
    is_plural = len(word) > 4 and word.endswith("s") and not word.endswith(("ss", "us", "is"))
    return word[:-1] if is_plural and word.isascii() else word


@functools.lru_cache(maxsize=200_000)
def _closeness(heading: str, name: str, kind: str) -> float:
    """How near a heading is to one name of a field of this type, before its rank."""
    here, there = tokens(heading), tokens(name)
    if not here or not there:
        return 0.0
    outer = tokens(_BRACKETS.sub(" ", unicodedata.normalize("NFKC", heading))) or here
    if "".join(there) in ("".join(here), "".join(outer)) or folded(heading) == folded(name):
        return EXACT
    trimmed = _without_noise(outer)
    if "".join(trimmed) == "".join(there) or sorted(outer) == sorted(there):
        return REORDERED
    if (stem := _stem(trimmed, kind)) and stem == _stem(_without_noise(there), kind):
        return STEM
    return _partial("".join(here), here, there)


def _without_noise(words: Sequence[str]) -> tuple[str, ...]:
    """The words without those that only say that the table is one of cases."""
    kept = tuple(word for word in words if word not in _NOISE)
    return kept if kept and kept != ("id",) else tuple(words)


def _stem(words: Sequence[str], kind: str) -> str:
    """What is left of a heading when the words that name its type are gone."""
    if kind in ("timestamp", "date"):
        kept = [word for word in words if word not in _TIME_WORDS]
        return _TIME_END.sub("", "".join(kept))
    if kind in ("category", "pseudonym"):
        kept = [word for word in words if word not in _NAME_WORDS]
        return _NAME_END.sub("", "".join(kept))
    return ""


def _partial(whole: str, here: Sequence[str], there: Sequence[str]) -> float:
    """A name found within a longer heading: the more of it, the nearer."""
    part = "".join(there)
    if part.isascii():
        spans = range(len(here) - len(there) + 1)
        found = any(tuple(here[at : at + len(there)]) == tuple(there) for at in spans)
    else:
        found = len(part) > 1 and part in whole
    if not found or len(part) < 2:
        return 0.0
    share, ends = len(part) / len(whole), 5.0 * whole.endswith(part)
    if part in _GENERIC or (part.isascii() and len(part) < 5):
        return GENERIC + GENERIC_SPAN * share + ends
    return PARTIAL + PARTIAL_SPAN * share + ends


def _rank(item: Field, name: str) -> float:
    """What a synonym loses for standing late among those of its script."""
    if name not in item.synonyms:
        return 0.0
    same = _by_script(item.synonyms)[name.isascii()]
    return RANK * same.index(name) / len(same)


@functools.lru_cache(maxsize=200)
def _by_script(synonyms: tuple[str, ...]) -> dict[bool, tuple[str, ...]]:
    return {
        plain: tuple(name for name in synonyms if name.isascii() == plain)
        for plain in (True, False)
    }


def _speaks_against(heading: str, item: Field) -> bool:
    words = tokens(heading)
    whole = "".join(words)
    return any(_occurs(word, heading, words, whole) for word in item.unlike)


def _occurs(word: str, heading: str, words: Sequence[str], whole: str) -> bool:
    if not word.isascii():
        return "".join(tokens(word)) in whole
    if word.endswith(":"):
        return heading.lower().startswith(word)
    return f" {' '.join(tokens(word))} " in f" {' '.join(words)} "
