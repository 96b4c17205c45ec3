"""Words for the dashboard of local government DX (自治体DXの取組に関するダッシュボード).

Short labels without digits, so that they may stand in sentences; the Japanese of a procedure is
as published.
"""

from collections.abc import Mapping
from typing import TypeVar

from ebpm.evidence.text import Both

T = TypeVar("T")

INDICATORS = {
    "CIOの任命": Both("CIOの任命", "chief information officer (CIO) named"),
    "CIO補佐官等の任命": Both("CIO補佐官等の任命", "CIO's aides named"),
    "全体方針策定": Both("全体方針の策定", "overall DX policy adopted"),
    "全庁的な体制構築": Both("全庁的な体制の構築", "organisation across departments"),
    "全職員対象研修の実施": Both("全職員対象の研修", "training for all staff"),
    "外部人材活用": Both("外部人材の活用", "outside experts engaged"),
    "職員育成の取組": Both("職員の育成", "staff development"),
    "AIの導入状況": Both("AIの導入", "AI in use"),
    "RPAの導入状況": Both("RPAの導入", "robotic process automation in use"),
    "テレワークの導入状況": Both("テレワークの導入", "telework in use"),
    "マイナンバーカードの保有状況": Both("マイナンバーカードの保有率", "My Number cards held"),
    "よく使う32手続のオンライン化状況": Both(
        "よく使う手続のオンライン化率", "common procedures that are online"
    ),
    "よく使う32手続のオンライン化状況_実施されている手続総数のうち「オンライン化済」と回答した手続数（分子）": Both(
        "よく使う手続のうちオンライン化済の数", "number of common procedures online"
    ),
    "よく使う32手続のオンライン化状況_実施されている手続総数（分母）": Both(
        "よく使う手続のうち実施している数", "number of common procedures offered"
    ),
    "子育て・介護26手続のオンライン化状況": Both(
        "子育て・介護の手続のオンライン化率", "child and long-term care procedures that are online"
    ),
}

PROCEDURES = {
    # よく使う32手続
    "地方税申告手続（eLTAX）": "local tax return (eLTAX)",
    "転出届": "notice of moving out",
    "図書館の図書貸出予約等": "library book reservation",
    "入札": "bidding",
    "職員採用試験申込": "staff recruitment exam",
    "文化・スポーツ施設等の利用予約等": "facility booking",
    "入札参加資格審査申請等": "bidder qualification",
    "水道使用開始届等": "water supply start",
    "犬の登録申請、死亡届": "dog registration",
    "衆議院・参議院選挙の不在者投票用紙等の請求": "absentee ballot request",
    "研修・講習・各種イベント等の申込": "course and event sign-up",
    "罹災証明書の発行申請": "disaster damage certificate",
    "粗大ごみ収集の申込": "bulky waste collection",
    "道路占用許可申請等": "road occupancy permit",
    "感染症調査報告": "infectious disease report",
    "産業廃棄物の処理、運搬の実績報告": "industrial waste report",
    "港湾関係手続": "port procedures",
    "建築確認": "building confirmation",
    "災害弔慰金の支給申請": "disaster condolence grant",
    "応急仮設住宅の入居申請": "emergency temporary housing",
    "被災者生活再建支援金の支給申請": "grant for rebuilding lives",
    "災害援護資金の貸付申請": "disaster relief loan",
    # of these 32, handled by prefectures only
    "自動車税の賦課徴収に関する事項の申告又は報告": "vehicle tax declaration",
    "自動車税環境性能割の申告納付": "vehicle environment tax return",
    "自動車税住所変更届": "vehicle tax address change",
    "自動車の保管場所証明の申請": "parking space certificate",
    "道路使用許可の申請": "road use permit",
    "駐車の許可の申請": "parking permit",
    # 子育て・介護の26手続
    "児童手当等の受給資格及び児童手当の額についての認定請求": "child allowance claim",
    "児童手当等の額の改定の請求及び届出": "child allowance amount change",
    "受給事由消滅の届出": "end of child allowance",
    "児童手当等の現況届": "child allowance status report",
    "未支払の児童手当等の請求": "unpaid child allowance claim",
    "受給資格者の申出による学校給食費等の徴収等の申出": "school meals from child allowance",
    "受給資格者の申出による学校給食費等の徴収等の変更等の申出": "change: school meals from allowance",
    "児童手当等に係る寄附の申出": "child allowance donation",
    "児童手当に係る寄附変更等の申出": "change of allowance donation",
    "氏名変更／住所変更等の届出": "name or address change (allowance)",
    "児童扶養手当の現況届の事前送信": "child-rearing allowance report",
    "妊娠の届出": "pregnancy notification",
    "支給認定の申請": "childcare benefit certification",
    "保育施設等の利用申込": "nursery application",
    "保育施設等の現況届": "nursery status report",
    "要介護・要支援認定の申請": "care need certification",
    "要介護・要支援更新認定の申請": "renewal of care certification",
    "要介護・要支援状態区分変更認定の申請": "change of care level",
    "住所移転後の要介護・要支援認定申請": "care certification after moving",
    "居宅（介護予防）サービス計画作成（変更）依頼の届出": "home care plan request",
    "居宅介護（介護予防）福祉用具購入費の支給申請": "care equipment refund",
    "居宅介護（介護予防）住宅改修費の支給申請": "home adaptation refund",
    "高額介護（予防）サービス費の支給申請": "high care cost refund",
    "介護保険負担限度額認定申請": "care cost ceiling certification",
    "介護保険負担割合証の再交付申請": "care co-payment card reissue",
    "被保険者証の再交付申請": "care insurance card reissue",
}

TEN_ACTIVITIES = tuple(INDICATORS)[:10]
"""The yes/no indicators of organisation and operation, as published, in the dashboard's order."""


def indicator(name: str) -> Both:
    """A short label of a dashboard indicator, by its published name; ValueError if unknown."""
    return _known(INDICATORS, name, "指標")


def procedure(name: str) -> Both:
    """A procedure's published name with a short English label; ValueError if unknown."""
    return Both(name, _known(PROCEDURES, name, "手続"))


def _known(words: Mapping[str, T], name: str, kind: str) -> T:
    if name not in words:
        raise ValueError(
            f"ダッシュボードの{kind}「{name}」の訳語がありません。ebpm.dx_words に加えてください。"
        )
    return words[name]
