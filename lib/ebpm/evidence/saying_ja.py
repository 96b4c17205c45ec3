"""Japanese: how the sentence goes on after a wording or a quotation decides whether it is said."""

import re

# Negative in form, affirmative in what they say.
AFFIRMING = re.compile(
    r"か[もモ]しれな[いく]|かも知れな[いく]|ま?間?違いな[いく]|ちがいな[いく]"
    r"|疑い(?:よう|の余地)?[がはも]?な[いく]|(?:ほか|他)ならな[いく]|[言い]うまでもな[いく]"
    r"|過言では(?:な[いく]|ありません)|否定(?:は)?できな[いく]|否めな[いく]"
    r"|だけ(?:で|では|でも)?な[いく]|ばかりで(?:は)?な[いく]|のみならず|にとどまらず|少な[いく]"
    r"|ざるを得な[いく]|に限らず|にかかわらず|を問わず|問題(?:は)?な[いく]"
)
DOUBT = re.compile(
    r"(?<![少危切])な(?:い(?!し)|かった)|(?:で|に|も|は)なく|ません|ず(?=[、。にと]|$)|にくい|難し"
    r"|困難|無理|誤り|誤解|早計|早い(?:。|$)|時期尚早|疑わし|疑問|不明|未検証|未確認|慎重|避け|控え|過ぎな"
)
DOUBT_OF_EVIDENCE = re.compile(
    r"[^。]{0,40}が、[^。、]{0,25}(?:根拠|証拠|裏付|裏づけ|確かめ|検証|確認|数値|データ)[^。]{0,15}"
    r"(?:ない|なかった|ません|ず|不明)"
)
HOPE = re.compile(
    r"(?:[がをはもに]|いう)?[^。、]{0,6}?(?:期待|見込|目指|めざ|目的|目標|ねら|狙|課題|必要|求め|望"
    r"|想定|予想|予測|仮定|前提|意図|努め|提案|要望|願|仮説|見通|予定)"
)
# What has happened is not hoped for, but it may be supposed.
SUPPOSED = re.compile(r"(?:いう)?[^。、]{0,4}?(?:想定|仮定|前提|仮説)")
# A clause goes on over the comma of a topic or an object.
CLAUSE = re.compile(r"(?<![はもにをとのへ])、")

# Matched at the end of the wording; the kana that finish its verb come first.
ASKED = re.compile(
    r"[ぁ-ん]{0,10}?(?:か(?=[はをがもにの、。?]|$|とい)|ように(?:見|みえ|思))|[^。、]{0,14}か(?:どうか|否か)"
)
DENIED = re.compile(
    r"[ぁ-ん]{0,6}?(?:な(?:い|かった|く(?!な))|ません|ず[、にと。])"
    r"|[ぁ-ん]{0,8}?(?:わけ|もの|の|こと)(?:で|に)[はも]?(?:な[いくか]|なら|ありません|ございません)"
)
HOPED = re.compile(
    r"[ぁ-ん]{0,4}?(?:(?<![たの])(?:ため(?:の|に|、)|よう(?!にな)|べく|はず)|べき|たい|つもり"
    r"|(?:場合|とき)(?=[はにもの、])|(?<=[れえけせ])ば|なら|ための|としても|とすれば"
    r"|(?<![たと])(?:方策|手立て|道筋|予定|見込|見通|ねらい|目標|目的|計画|余地))"
)
# 「短縮し、…を目指す」: a form that only joins has the mood of the end of its sentence.
JOINED = re.compile(r"て?(?:、|つつ|ながら)")
HOPED_AT_THE_END = re.compile(
    r"(?:目指[すし]|図る|努める|つなげる|こと|ため(?:である|に)?|たい|期待(?:する|され(?:る|ている)|している)"
    r"|見込(?:む|まれる)|予定(?:である|だ)?|目標(?:とする|である)?|目的(?:とする|としている|である)"
    r"|べきである|ねらい(?:である)?)[。\s]*$"
)
HELD = re.compile(
    r"[ぁ-ん]{0,10}?(?P<that>(?:もの)?と(?!ともに|、|ころ|き|おり|同時|いった|っ)"
    r"|こと(?!から|で|によ|に伴|もあ|を受|を踏|とな|とし))"
)

TOLD = re.compile(
    r"述べ|答え|回答|記[載述さ]|書[いか]|主張|説明|とあ[るっり]|感じ|尋ね|問う|読みたく|用語|言葉|文言"
    r"|見出し|設問|選択肢|表現|かどうか|例(?:である|え)"
    r"|(?:という|との|とする|といった)"
    r"(?!こと|の(?!は)|結果|結論|事実|効果|成果|傾向|ところ|実績|わけ)"
)
TOLD_BEFORE = re.compile(
    r"(?:いわく|曰く|例えば|たとえば"
    r"|(?:用語|見出し|広告|標語|記事|広報|言葉|表現|主張|説明|選択肢|設問|問い?)"
    r"(?:の|で|に|には|は|にある|における)?)、?$"
)
ASSERTED = re.compile(
    r"[ぁ-ん]{0,6}?(?:こと|の|と|結果|結論|事実)[^。]{0,25}?(?:分か|わか|判明|示[さし]|明らか|確認|確か"
    r"|裏付|認め|証明|実証|立証|いえ|言え|結論|事実|考え|判断|[み見]られ)"
)
FACT = re.compile(r"(?:で(?:ある|あった|す|した)|だ(?![とが]))(?:[。\s]|$)|[。\s]*$")


def is_open(last: str, after: str) -> bool:
    """Whether what follows a wording asks, hopes or denies it; `last` is its last character."""
    rest = last + AFFIRMING.sub("", after)
    at = len(last)
    if any(form.match(rest, at) for form in (ASKED, DENIED, HOPED)):
        return True
    if JOINED.match(rest, at) and HOPED_AT_THE_END.search(rest):
        return True
    held = HELD.match(rest, at)
    if held is None:
        return False
    has_happened = rest[: held.start("that")].endswith("た")
    hope = SUPPOSED if has_happened else HOPE
    governing = rest[held.end() :]
    return bool(hope.match(governing) or _is_doubted(governing))


def _is_doubted(governing: str) -> bool:
    """Whether the clause that holds the wording denies it, or the next one its evidence."""
    clause = CLAUSE.split(governing, maxsplit=1)[0]
    return bool(DOUBT.search(clause) or DOUBT_OF_EVIDENCE.match(governing))


def is_discussed(before: str, after: str) -> bool:
    """Whether a quotation between is attributed or discussed rather than asserted."""
    rest = AFFIRMING.sub("", after)
    if ASKED.match(rest) or _is_doubted(rest):
        return True
    if ASSERTED.match(rest) or FACT.match(rest):
        return False
    is_topic = rest.startswith("は")
    return bool(is_topic or TOLD.search(rest) or TOLD_BEFORE.search(before) or HOPE.match(rest))
