"""English words for the categories of the procedures survey (行政手続等の悉皆調査結果).

Ministries' names follow their own English sites; anything not listed stays in Japanese.
"""

from ebpm.evidence.text import Both

MINISTRIES = {
    "こども家庭庁": "Children and Families Agency",
    "デジタル庁": "Digital Agency",
    "人事院": "National Personnel Authority",
    "会計検査院": "Board of Audit",
    "個人情報保護委員会": "Personal Information Protection Commission",
    "公正取引委員会": "Fair Trade Commission",
    "内閣官房": "Cabinet Secretariat",
    "内閣府": "Cabinet Office",
    "厚生労働省": "Health, Labour and Welfare",
    "国土交通省": "Land, Infrastructure, Transport and Tourism",
    "国家公安委員会・警察庁": "National Police Agency",
    "外務省": "Foreign Affairs",
    "復興庁": "Reconstruction Agency",
    "文部科学省": "Education, Culture, Sports, Science and Technology",
    "法務省": "Justice",
    "消費者庁": "Consumer Affairs Agency",
    "環境省": "Environment",
    "経済産業省": "Economy, Trade and Industry",
    "総務省": "Internal Affairs and Communications",
    "財務省": "Finance",
    "農林水産省": "Agriculture, Forestry and Fisheries",
    "金融庁": "Financial Services Agency",
    "防衛省": "Defense",
}
PARTIES = {
    "1": Both("国", "national government"),
    "2": Both("独立行政法人等", "independent agencies"),
    "3": Both("地方公共団体等", "local government"),
    "4-1": Both("国又は独立行政法人等", "national government or agencies"),
    "4-2": Both("独立行政法人等又は地方公共団体等", "agencies or local government"),
    "4-3": Both("国又は地方公共団体等", "national or local government"),
    "4-4": Both("国、独立行政法人等又は地方公共団体等", "national, local or agencies"),
    "5": Both("国民等", "residents"),
    "6": Both("民間事業者等", "businesses"),
    "7": Both("国民等、民間事業者等", "residents and businesses"),
}
KINDS = {
    "notification": Both("届出", "notifications"),
    "report": Both("報告", "reports"),
    "approval": Both("許認可・認定・登録など", "permits, approvals, registrations"),
    "other": Both("その他の申請等", "other applications"),
}


def ministry(name: str) -> Both:
    """A ministry's name in both languages."""
    return Both(name, MINISTRIES.get(name, name))
