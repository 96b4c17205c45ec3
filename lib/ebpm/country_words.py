"""Short names of countries in both languages, for charts and sentences about international indices.

Keys are ISO 3166-1 alpha-3 codes: all countries of the OECD Digital Government Index 2023, and
Singapore. The Japanese names are the usual short forms of the Ministry of Foreign Affairs.
"""

from ebpm.evidence.text import Both

COUNTRIES = {
    "ARG": Both("アルゼンチン", "Argentina"),
    "AUS": Both("オーストラリア", "Australia"),
    "AUT": Both("オーストリア", "Austria"),
    "BEL": Both("ベルギー", "Belgium"),
    "BRA": Both("ブラジル", "Brazil"),
    "CAN": Both("カナダ", "Canada"),
    "CHL": Both("チリ", "Chile"),
    "COL": Both("コロンビア", "Colombia"),
    "CRI": Both("コスタリカ", "Costa Rica"),
    "CZE": Both("チェコ", "Czechia"),
    "DNK": Both("デンマーク", "Denmark"),
    "ESP": Both("スペイン", "Spain"),
    "EST": Both("エストニア", "Estonia"),
    "FIN": Both("フィンランド", "Finland"),
    "FRA": Both("フランス", "France"),
    "GBR": Both("英国", "United Kingdom"),
    "HRV": Both("クロアチア", "Croatia"),
    "HUN": Both("ハンガリー", "Hungary"),
    "IRL": Both("アイルランド", "Ireland"),
    "ISL": Both("アイスランド", "Iceland"),
    "ISR": Both("イスラエル", "Israel"),
    "ITA": Both("イタリア", "Italy"),
    "JPN": Both("日本", "Japan"),
    "KOR": Both("韓国", "Korea"),
    "LTU": Both("リトアニア", "Lithuania"),
    "LUX": Both("ルクセンブルク", "Luxembourg"),
    "LVA": Both("ラトビア", "Latvia"),
    "MEX": Both("メキシコ", "Mexico"),
    "NLD": Both("オランダ", "Netherlands"),
    "NOR": Both("ノルウェー", "Norway"),
    "NZL": Both("ニュージーランド", "New Zealand"),
    "PER": Both("ペルー", "Peru"),
    "POL": Both("ポーランド", "Poland"),
    "PRT": Both("ポルトガル", "Portugal"),
    "ROU": Both("ルーマニア", "Romania"),
    "SGP": Both("シンガポール", "Singapore"),
    "SVN": Both("スロベニア", "Slovenia"),
    "SWE": Both("スウェーデン", "Sweden"),
    "TUR": Both("トルコ", "Türkiye"),
}


def country(code: str) -> Both:
    """The short name of a country; ValueError where there is none yet."""
    if code not in COUNTRIES:
        raise ValueError(f"国 {code} の名称がありません。ebpm.country_words に加えてください。")
    return COUNTRIES[code]
