"""What an office enters: sums of its values lead to them, its words stay its own."""

import shlex
from pathlib import Path

import nbformat
import pytest

import ebpm
from ebpm.evidence import outputs
from ebpm.evidence.emitted import texts_of
from ebpm.evidence.mime import MIME
from ebpm.evidence.overclaims import OverclaimError
from ebpm.evidence.provenance import ProvenanceError
from ebpm.evidence.said import OutputError
from ebpm.run.execute import LONGEST_BYTES, Job
from ebpm.run.gate import check_page
from ebpm.run.loose import loose_numbers
from ebpm.run.parameters import Value

CLAIM = "導入で処理時間が30%短縮された"


class TestCalculate:
    def test_a_sum_of_values_shows_query_and_values(self) -> None:
        data = ebpm.calculate("SELECT $hours * $wage AS yen", hours=1.5, wage=2000)
        number = data.number(data.frame["yen"].iloc[0], "yen")
        assert number.value == 3000 and number.text.ja == "3,000円"
        assert number.trace["sql"] == (
            "SELECT $hours * $wage AS yen\n-- $hours = 1.5\n-- $wage = 2,000"
        )
        assert (number.trace["tables"], number.trace["sources"]) == ([], [])

    def test_other_values_are_another_computation(self) -> None:
        one, two = (ebpm.calculate("SELECT $a AS a", a=value).trace() for value in (1, 2))
        assert one["id"] != two["id"]

    @pytest.mark.parametrize(
        "sql",
        [
            "SELECT * FROM mart_municipality",
            f"SELECT * FROM '{Path(__file__)}'",
            f"SELECT * FROM read_text('{Path(__file__)}')",
            "SELECT $nobody AS a",
            "SELECT 1 AS a",
        ],
    )
    def test_a_sum_reads_nothing_but_its_values(self, sql: str) -> None:
        with pytest.raises(ProvenanceError):
            ebpm.calculate(sql, a=1)

    @pytest.mark.parametrize("sql", ["SELECT $a / 0 AS b", "SELECT NULL::DOUBLE + $a AS b"])
    def test_a_sum_without_a_finite_result_is_refused(self, sql: str) -> None:
        with pytest.raises(ProvenanceError, match="有限"):
            ebpm.calculate(sql, a=1)


class TestQuoted:
    def test_words_of_others_are_marked_and_named(self) -> None:
        said = ebpm.text(ja="{words}。", en="{words}.", words=ebpm.quoted("A「B」\nC", 'A "B" C'))
        assert said.plain.ja == "「A『B』 C」（部署の記載）。"
        assert said.plain.en == "“A 'B' C” (as stated by the office)."

    def test_without_english_both_pages_show_the_same_words(self) -> None:
        said = ebpm.text(ja="{words}", en="{words}", words=ebpm.quoted("案", by=None))
        assert (said.plain.ja, said.plain.en) == ("「案」", "“案”")

    def test_nothing_is_no_quotation(self) -> None:
        with pytest.raises(OutputError, match="空"):
            ebpm.quoted(" \n ")

    @pytest.mark.parametrize("words", [CLAIM, f"」{CLAIM}「", f"｣{CLAIM}｢", f"{CLAIM}。" * 40])
    def test_neither_numbers_nor_claims_in_them_are_the_reports(self, words: str) -> None:
        said = ebpm.text(ja="{words}", en="{words}", words=ebpm.quoted(words))
        cell = _cell("say", {"schema": 1, **said.payload(), "level": None, "list": False})
        assert texts_of(cell) == ["「…」", "「…」"]
        assert loose_numbers(nbformat.v4.new_notebook(cells=[cell])) == []

    def test_what_stands_beside_them_is_the_reports(self) -> None:
        with pytest.raises(OutputError, match="出典"):
            ebpm.text(ja="{words}で30分", en="{words}", words=ebpm.quoted("案"))


def _cell(kind: str, payload: dict[str, object]) -> nbformat.NotebookNode:
    output = nbformat.v4.new_output("display_data", {MIME.format(kind): payload})
    cell: nbformat.NotebookNode = nbformat.v4.new_code_cell("", outputs=[output])
    return cell


def test_only_marked_words_and_parameters_pass_the_gate_of_the_page() -> None:
    passed_on = f'<p>部署は<span class="quoted">「{CLAIM}」</span>とする。</p>'
    given = f'<section id="reproduce"><dl><dd>origin = {CLAIM}</dd></dl></section>'
    check_page(f"<html><body>{passed_on}{given}</body></html>", 1)
    for own in (f"<p>{CLAIM}。</p>", f'<p><span class="quoted">「案」</span>{CLAIM}。</p>'):
        with pytest.raises(OverclaimError):
            check_page(f"<html><body>{own}</body></html>", 1)


def test_the_points_of_a_council_take_numbers_and_words_of_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    emitted: list[tuple[dict[str, object], str]] = []
    monkeypatch.setattr(
        outputs, "emit", lambda kind, payload, plain, more=None: emitted.append((payload, plain))
    )
    cost = ebpm.calculate("SELECT $a AS a", a=5)
    amount = cost.number(5, "yen")
    ebpm.council_points(
        "x",
        origin=ebpm.text(ja="{w}", en="{w}", w=ebpm.quoted("要望|二件")),
        cost=ebpm.text(ja="{a}である", en="{a}", a=amount),
    )
    payload, plain = emitted[0]
    assert isinstance(payload["rows"], list)
    assert payload["rows"][6][1]["traces"] == [amount.trace]
    assert "「要望／二件」（部署の記載）" in plain and "5円である" in plain


class TestNames:
    def test_long_or_unsafe_texts_give_short_names_that_differ(self) -> None:
        jobs = [
            Job(Path("report.ipynb"), {"lgcode": "014290", "origin": text}, "ja")
            for text in ("あ" * 500, "あ" * 501, "a/b", "a b")
        ]
        stems = {job.stem for job in jobs}
        assert len(stems) == 4
        assert all(stem.startswith("report/014290_parameters-") for stem in stems)
        assert all(len(stem.encode()) < LONGEST_BYTES for stem in stems)

    def test_plain_values_stay_readable(self) -> None:
        job = Job(Path("report.ipynb"), {"years": 7, "wage": 2.5}, "ja")
        assert job.stem == "report_wage-2.5_years-7"

    def test_the_command_can_be_pasted_into_a_shell(self) -> None:
        given: dict[str, Value] = {"origin": "要望 'A'; rm -rf <b>", "years": 7}
        words = shlex.split(Job(Path("report.ipynb"), given, "ja").command)
        assert words[3:] == ["-p", f"origin={given['origin']}", "-p", "years=7"]
