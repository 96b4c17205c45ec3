"""Individual numbers: every valid one is found, in odd places too; what is none passes."""

import random
from collections.abc import Callable

import duckdb
import pandas as pd
import pytest

from ebpm.door.mynumber import is_my_number
from ebpm.own import my_numbers
from ebpm.readers import ReadError

WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
MARKS = ("-", "‐", "−", "ー", "－", " ", "　", " - ")
GROUPS = ((4, 4, 4), (3, 3, 3, 3), (6, 6), (2, 5, 5), (4, 8))
AROUND = (
    ("", ""),
    ("番号は", "です"),
    ("申請者（", "）"),
    ("ID", ""),
    ("", "番"),
    ("受付済 ", ""),
    ("2024-04-01 ", ""),
    ("a,", ",b"),
    ("個人番号：", "。確認済"),
    ("「", "」を確認した。"),
)


def number(draw: random.Random, *, valid: bool) -> str:
    """Twelve digits with a right check digit, or a wrong one."""
    head = "".join(draw.choice("0123456789") for _ in range(11))
    ends = [d for d in "0123456789" if is_my_number(head + d) == valid]
    return head + draw.choice(ends)


def dressed(digits: str, draw: random.Random) -> str:
    """The digits as somebody may have written them."""
    if draw.random() < 0.6:
        groups, mark, parts, at = draw.choice(GROUPS), draw.choice(MARKS), [], 0
        for length in groups:
            parts.append(digits[at : at + length])
            at += length
        digits = mark.join(parts)
    if draw.random() < 0.4:
        digits = digits.translate(WIDE)
    before, after = draw.choice(AROUND)
    return f"{before}{digits}{after}"


def test_a_thousand_valid_numbers_in_odd_places_are_found() -> None:
    draw = random.Random(20261127)
    texts = [dressed(number(draw, valid=True), draw) for _ in range(1000)]
    assert [text for text in texts if not my_numbers.find(text)] == []


def test_a_thousand_numbers_that_are_none_pass() -> None:
    draw = random.Random(11)
    texts = [dressed(number(draw, valid=False), draw) for _ in range(1000)]
    assert [text for text in texts if my_numbers.find(text)] == []


def valid() -> str:
    return number(random.Random(1), valid=True)


@pytest.mark.parametrize(
    "around",
    [
        "1{}",
        "{}0",
        "{}.5",
        "39.{}",
        "-76.{}",
        "550e8400-e29b-41d4-a716-{}",
        "{}abcdef012345",
    ],
)
def test_part_of_something_longer_is_none(around: str) -> None:
    assert my_numbers.find(around.format(valid())) == []


def test_a_card_number_is_none() -> None:
    digits = valid()
    card = f"{digits[:4]}-{digits[4:8]}-{digits[8:]}-3456"
    assert my_numbers.find(card) == [] and my_numbers.find(card.translate(WIDE)) == []


def scanned(values: list[str | None], exempt: tuple[str, ...] = ()) -> list[my_numbers.Hit]:
    frame = pd.DataFrame({"c0": values, "row_number": range(2, len(values) + 2)})
    with duckdb.connect() as connection:
        connection.register("given", frame.astype({"c0": "string"}))
        connection.execute("CREATE TABLE raw AS SELECT * FROM given")
        return my_numbers.scan(connection, "raw", ["c0"], ["備考"], "a.csv", exempt)


def test_each_of_a_thousand_is_found_in_a_table() -> None:
    """The filter in SQL lets everything through that the exact check would find."""
    draw = random.Random(7)
    texts = [dressed(number(draw, valid=True), draw) for _ in range(1000)]
    (hit,) = scanned([*["なし"] * 50, *texts])
    assert (hit.heading, hit.row, hit.count) == ("備考", 52, 1000)


def test_points_in_time_of_twelve_digits_are_none() -> None:
    moments = [
        f"2024{m:02}{d:02}{h:02}30" for m in range(1, 13) for d in range(1, 28) for h in (9, 15)
    ]
    assert any(map(is_my_number, moments)) and scanned(moments) == []
    (hit,) = scanned([*moments, valid()])
    assert hit.count >= 1


def test_ids_that_fit_by_chance_are_told_how_to_be_declared() -> None:
    draw = random.Random(2)
    ids = ["".join(draw.choice("0123456789") for _ in range(12)) for _ in range(400)]
    (hit,) = scanned(ids)
    assert hit.by_chance
    with pytest.raises(ReadError, match="not_my_number"):
        my_numbers.refuse([hit], "a.csv")


def refusal(act: Callable[[], None]) -> str:
    with pytest.raises(ReadError) as error:
        act()
    return str(error.value)


def test_the_refusal_names_column_and_row_and_never_the_number() -> None:
    said = refusal(lambda: my_numbers.refuse(scanned(["x", valid()]), "a.csv"))
    assert "「備考」の 3 行目" in said and valid() not in said
    my_numbers.refuse([], "a.csv")


@pytest.mark.parametrize("cell", [lambda n: n, float, int, lambda n: f"{n[:4]} {n[4:8]} {n[8:]}"])
def test_cells_of_a_sheet_of_any_kind_are_looked_at(cell: Callable[[str], object]) -> None:
    rows = [["名前", "値"], ["x", 1.5], ["y", cell(valid())]]
    (hit,) = my_numbers.scan_cells(rows, lambda row, column: f"{column}列{row + 1}行")
    assert hit.heading == "1列3行" and hit.row == 3
