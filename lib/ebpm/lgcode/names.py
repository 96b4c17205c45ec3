"""Names in: a body found by its name, with or without prefecture, county or island."""

import difflib
import unicodedata
from functools import cache

from ebpm.lgcode.bodies import (
    AmbiguousName,
    Kind,
    Municipality,
    UnknownName,
    listing,
    prefectures,
    registry,
    show,
)

NEAR_COUNT = 5

# Old or variant form, then the form it is folded to. Not 嶋/島: 鹿嶋市 and 鹿島市 are two cities.
FORMS = (
    "ヶケ ヵケ がケ ガケ ノの "
    "髙高 﨑崎 檜桧 龍竜 鰺鯵 澤沢 濱浜 濵浜 邊辺 邉辺 國国 廣広 縣県 區区 龜亀 瀧滝 櫻桜 "
    "竈釜 竃釜 曾曽 條条 莊荘 鹽塩 眞真 豐豊 關関 彌弥 惠恵 萬万 與与 來来 德徳 榮栄 靜静 橫横 "
    "驒騨 蘆芦 礪砺 冨富 淸清 檮梼 藏蔵 諌諫 篭籠 俱倶 頚頸 舘館 會会 奧奥 樂楽 寶宝 戶戸 內内 "
    "黑黒 瀨瀬 禮礼 壹壱 澁渋 壽寿 狹狭 穗穂 增増 靑青 攝摂 豫予 當当 雙双 觀観 巖岩 峯峰 渕淵 "
    "臺台 總総 栁柳 讚讃 嶽岳 壷壺 靭靱 薮藪"
)
TO_FORM = str.maketrans({pair[0]: pair[1] for pair in FORMS.split()})
DROPPED_CATEGORIES = {"Zs", "Cc", "Cf", "Mn"}
DROPPED_MARKS = "*※"


def find(name: str, prefecture: str | None = None) -> str:
    """The code of a body by name, with or without prefecture, county or island.

    Width, spaces, asterisks, ヶ/ケ/が and old forms of characters do not matter. Raises
    AmbiguousName with all candidates, or UnknownName with near matches.
    """
    within = _prefecture_name(prefecture) if prefecture else None
    found = [body for body in bearing(name) if _lies_in(body, within)]
    if not found:
        problem = "という名前の都道府県・市区町村はありません"
        raise UnknownName.of(f"{within or ''}{name}", problem, _near(name, within))
    if len(found) > 1:
        problem = f"{show(name)} という名前の団体は{len(found)}つあります: {listing(found)}。"
        raise AmbiguousName(problem + "都道府県を添えるか、6桁のコードで指定してください。", found)
    return found[0].lgcode


def same_name(one: str, other: str) -> bool:
    """Whether two spellings are one name, by the same rules as `find` (鰺ケ沢町, 鰺ヶ沢町)."""
    return _fold_name(one) == _fold_name(other)


def bearing(name: str) -> tuple[Municipality, ...]:
    """All bodies that bear a name, in the order of their codes; none when it is unknown."""
    return _index().get(_fold_name(name), ())


@cache
def _index() -> dict[str, tuple[Municipality, ...]]:
    """Folded name, with and without county, island and prefecture → bodies."""
    index: dict[str, dict[str, Municipality]] = {}
    for body in registry().values():
        for name in _name_forms(body):
            index.setdefault(_fold_name(name), {})[body.lgcode] = body
    return {name: tuple(bodies.values()) for name, bodies in index.items()}


def _name_forms(body: Municipality) -> list[str]:
    if body.kind is Kind.PREFECTURE:
        return [body.name]
    forms = [body.name, f"{body.county or body.island or ''}{body.name}"]
    return forms + [body.prefecture + form for form in forms]


def _lies_in(body: Municipality, prefecture: str | None) -> bool:
    return prefecture is None or body.prefecture == prefecture


def _prefecture_name(text: str) -> str:
    """The registry's name of a prefecture, given with or without 都・府・県."""
    folded = _fold_name(text)
    for body in prefectures():
        if folded in {_fold_name(body.name), _fold_name(body.name[:-1])}:
            return body.name
    near = [body for body in prefectures() if body.name[:1] == text[:1]]
    raise UnknownName.of(text, "という都道府県はありません", near)


def _near(name: str, prefecture: str | None) -> list[Municipality]:
    keys = [key for key, bodies in _index().items() if any(_lies_in(b, prefecture) for b in bodies)]
    close = difflib.get_close_matches(_fold_name(name), keys, n=NEAR_COUNT)
    bodies = {body.lgcode: body for key in close for body in _index()[key]}
    return [body for body in bodies.values() if _lies_in(body, prefecture)][:NEAR_COUNT]


@cache
def _fold_name(name: str) -> str:
    """A name without width, spaces, asterisks, variation selectors and old forms."""
    characters = unicodedata.normalize("NFKC", name)
    kept = [
        character
        for character in characters
        if unicodedata.category(character) not in DROPPED_CATEGORIES
        and character not in DROPPED_MARKS
    ]
    return "".join(kept).translate(TO_FORM)
