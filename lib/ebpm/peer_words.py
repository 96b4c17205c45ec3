"""Words for the groups of like bodies (`mart_peer_group`), without digits, for use in sentences."""

from ebpm.evidence.text import Both

KINDS = {
    "designated_city": Both("政令指定都市", "designated cities"),
    "special_ward": Both("特別区", "special wards of Tokyo"),
    "core_city": Both("中核市", "core cities"),
}
SIZES = {
    "city-1": Both("人口五万人未満の市", "cities under fifty thousand residents"),
    "city-2": Both(
        "人口五万人以上十万人未満の市", "cities of fifty to a hundred thousand residents"
    ),
    "city-3": Both(
        "人口十万人以上十五万人未満の市",
        "cities of a hundred to a hundred and fifty thousand residents",
    ),
    "city-4": Both(
        "人口十五万人以上の市（政令指定都市と中核市を除く）",
        "cities of a hundred and fifty thousand residents or more (designated and core cities apart)",
    ),
    "town-1": Both("人口五千人未満の町村", "towns and villages under five thousand residents"),
    "town-2": Both(
        "人口五千人以上一万人未満の町村", "towns and villages of five to ten thousand residents"
    ),
    "town-3": Both(
        "人口一万人以上一万五千人未満の町村",
        "towns and villages of ten to fifteen thousand residents",
    ),
    "town-4": Both(
        "人口一万五千人以上二万人未満の町村",
        "towns and villages of fifteen to twenty thousand residents",
    ),
    "town-5": Both(
        "人口二万人以上の町村", "towns and villages of twenty thousand residents or more"
    ),
}
MOSTLY_SERVICES = Both("サービス業などの就業者が多い", "mostly services")
MUCH_INDUSTRY = Both("製造業などの就業者が比較的多い", "with much manufacturing")
SOME_FARMING = Both("農林漁業の就業者が比較的多い", "with some farming and fishing")
MUCH_FARMING = Both("農林漁業の就業者が多い", "with much farming and fishing")
INDUSTRIES = {
    "city": {"3": MOSTLY_SERVICES, "2": MUCH_INDUSTRY, "1": SOME_FARMING, "0": MUCH_FARMING},
    "town": {"2": MOSTLY_SERVICES, "1": MUCH_INDUSTRY, "0": MUCH_FARMING},
}


def peer_group(group: str) -> Both:
    """The name of a group of like bodies; with `-%` for its industry, that of all industries.

    Raises KeyError for a group that there is not.
    """
    if group in KINDS:
        return KINDS[group]
    size, _, industry = group.rpartition("-")
    if industry == "%":
        return SIZES[size]
    people, work = SIZES[size], INDUSTRIES[size.partition("-")[0]][industry]
    return Both(f"{people.ja}（{work.ja}）", f"{people.en}, {work.en}")
