"""Every number of an issued page is derived again; what was changed is found and named."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Command, Site
from ebpm.report.tables import data_address, data_of
from ebpm.run.issued import IssuedError, parsed
from ebpm.run.verify import Status, compare
from support.issue import Issue, issued, tampered

PAGES = ("processing_time", "staffing", "adoption", "municipality")


@pytest.fixture(scope="module")
def issue(ebpm: Command, tmp_path_factory: pytest.TempPathFactory) -> Issue:
    return issued(ebpm, tmp_path_factory)


@pytest.mark.parametrize("name", PAGES)
def test_every_number_of_the_national_pages_matches(site: Site, name: str) -> None:
    done = site.command("verify", site.out / f"{name}.html", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["ok"], done.stdout[-2000:]
    assert found["notes"] == [] and len(found["checks"]) > 100
    assert {check["status"] for check in found["checks"]} == {"match"}


def test_an_english_page_matches(english_site: Site) -> None:
    done = english_site.command("verify", english_site.out / "processing_time.html")
    assert done.returncode == 0, done.stdout[-2000:]
    assert re.search(r"一致 \d{3,}、相違 0、確認できず 0", done.stdout)


def test_one_changed_digit_of_a_page_is_named(issue: Issue, tmp_path: Path) -> None:
    page = issue.page.read_text(encoding="utf-8")
    (printed,) = set(re.findall(r'class="number long">(\d\d\.\d％（95[^<]*)</a>', page))
    changed = str((int(printed[0]) + 1) % 10) + printed[1:]
    forged = tmp_path / "small.html"
    forged.write_text(page.replace(f">{printed}<", f">{changed}<", 1), encoding="utf-8")
    done = issue.command("verify", forged)
    assert done.returncode == 1
    first = done.stdout.splitlines()[0]
    assert first.startswith("相違：平均（分析結果 1）［n-")
    assert f"「{changed}」 → 計算し直すと「{printed}」" in first


def test_one_changed_value_of_the_warehouse_is_named(issue: Issue) -> None:
    tampered(issue, "UPDATE mart_municipality SET aged_pct = aged_pct + 40 WHERE lgcode = '011002'")
    done = issue.command("verify", issue.page)
    assert done.returncode == 1
    assert "相違：平均" in done.stdout and "計算し直すと" in done.stdout


def test_a_changed_value_that_no_number_shows_is_found_by_its_table(issue: Issue) -> None:
    tampered(
        issue, "UPDATE mart_municipality SET population = population + 1 WHERE lgcode = '011002'"
    )
    done = issue.command("verify", issue.page)
    assert done.returncode == 1
    named = [
        line for line in done.stdout.splitlines() if line.startswith("相違：平均（分析結果 1）［n-")
    ]
    assert named and all("もとになる used-mart-municipality" in line for line in named)


def test_one_changed_edition_is_named_with_the_numbers_that_rest_on_it(issue: Issue) -> None:
    tampered(issue, "UPDATE source SET record = replace(record, '\"2025\"', '\"2026\"')")
    done = issue.command("verify", issue.page)
    assert done.returncode == 1
    named = [
        line for line in done.stdout.splitlines() if line.startswith("相違：平均（分析結果 1）［n-")
    ]
    assert named and any("2025" in line and "2026" in line for line in named)


def test_a_page_whose_warehouse_is_gone_cannot_be_verified(
    issue: Issue, ebpm: Command, tmp_path: Path
) -> None:
    page = tmp_path / "small.html"
    text = issue.page.read_text(encoding="utf-8")
    recorded = re.search(r'name="ebpm-warehouse-sha256" content="([0-9a-f]{64})"', text)
    assert recorded
    page.write_text(text.replace(recorded[1], "0" * 64), encoding="utf-8")
    done = issue.command("verify", page, "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert {check["status"] for check in found["checks"]} == {"cannot"}
    assert all("残っていません" in check["why"] for check in found["checks"])


@pytest.mark.parametrize(
    ("content", "words"),
    [("<html><body>3</body></html>", "報告書ではありません"), ("", "読めません")],
)
def test_what_is_no_report_is_wrong_use(
    issue: Issue, tmp_path: Path, content: str, words: str
) -> None:
    page = tmp_path / "other.html"
    page.write_text(content, encoding="utf-8")
    done = issue.command("verify", page)
    assert done.returncode == 2 and words in done.stderr and "Traceback" not in done.stderr


def test_a_page_that_is_not_there_is_wrong_use(issue: Issue, tmp_path: Path) -> None:
    done = issue.command("verify", tmp_path / "none.html")
    assert done.returncode == 2 and "none.html" in done.stderr


# What a forger may change, compared without running the notebook again


def first(pattern: str) -> Callable[[str], tuple[str, str]]:
    """Raises the first digit that the pattern's group captures."""

    def change(page: str) -> tuple[str, str]:
        match = re.search(pattern, page)
        assert match, pattern
        digit, place = match[1], match.start(1)
        changed = str((int(digit) + 1) % 10)
        return page[:place] + changed + page[place + 1 :], match[0]

    return change


FORGERIES = {
    "a number of a sentence": first(r'<p>[^<]*<a [^>]*class="number"[^>]*>(\d)[\d,]*団体</a>'),
    "a cell of a table": first(r'id="table-2".*?<td(?: class="num")?>(\d)'),
    "a cell of a figure's data": first(r'id="figure-2".*?<td(?: class="num")?>(\d)'),
    "a label in a chart": first(r"<svg.*?<text[^>]*>(\d)"),
    "a number of cases": first(r"<dt>種類と対象<dd>現状把握、<a [^>]*>(\d)"),
    "a digest": first(r"照合値 <code>[a-f]*(\d)"),
    "an edition": first(r"<dt>版<dd>\D*(\d)"),
    "a query": first(r"<pre><code>[^<]*?(\d)"),
    "a heading": first(r'<h3 id="h-\d+">[^<]*?±?<?[^<]*(\d)'),
}


@pytest.fixture(scope="module")
def national(site: Site) -> str:
    return (site.out / "staffing.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("what", FORGERIES)
def test_a_digit_changed_anywhere_is_found(national: str, what: str) -> None:
    genuine = parsed(national)
    forged, _ = FORGERIES[what](national)
    assert forged != national
    found = compare(parsed(forged), genuine)
    assert [check for check in found if check.status is not Status.MATCH], what


def test_the_same_page_matches_itself(national: str) -> None:
    page = parsed(national)
    assert {check.status for check in compare(page, page)} == {Status.MATCH}


def test_a_later_mark_on_the_page_is_no_forgery(national: str) -> None:
    from ebpm.report import mark_stale

    marked = parsed(mark_stale(national, "掲載している内容の作成日：2026年4月1日"))
    assert {check.status for check in compare(marked, parsed(national))} == {Status.MATCH}


def test_a_number_taken_out_of_the_page_is_found(national: str) -> None:
    (whole, inner) = re.findall(r'(<a [^>]*class="number"[^>]*>([^<]*)</a>)', national)[0]
    found = compare(parsed(national.replace(whole, inner, 1)), parsed(national))
    assert [check for check in found if check.status is Status.DIFFERS]


def test_a_changed_line_of_a_download_is_found(national: str) -> None:
    downloads = re.findall(r'"(data:text/csv;[^"]+)"', national)
    contents = {address: data_of(address).decode("utf-8") for address in downloads}
    address = next(address for address, content in contents.items() if re.search(r"\d", content))
    changed = re.sub(r"\d", lambda m: str((int(m[0]) + 1) % 10), contents[address], count=1)
    forged = data_address(changed.encode("utf-8"))
    found = compare(parsed(national.replace(address, forged)), parsed(national))
    assert [check for check in found if check.status is Status.DIFFERS]


def test_a_page_without_record_is_refused() -> None:
    with pytest.raises(IssuedError, match="報告書ではありません"):
        parsed("<html><body><p>3</p></body></html>")


def test_a_page_by_another_program_is_compared_by_its_numbers_and_says_so(national: str) -> None:
    other = parsed(re.sub(r'(ebpm-code-version" content=")[^"]*', r"\g<1>9.9", national))
    *numbers, rest = compare(other, parsed(national))
    assert {check.status for check in numbers} == {Status.MATCH}
    assert rest.status is Status.CANNOT and "版が違う" in str(rest.why)


HIDDEN = {
    "a second place with the same id": lambda page: page.replace(
        "</main>", '<a id="n-1" class="number" hidden>99団体</a></main>', 1
    ),
    "a sentence under the id of a number": lambda page: page.replace(
        "</main>", '<p id="n-2">職員が45％少ない。</p></main>', 1
    ),
    "a mark of another wording": lambda page: page.replace(
        "<!--ebpm:notice-->",
        '<!--ebpm:notice--><div class="banner stale"><p>訂正：職員は45％少ない</p></div>',
        1,
    ),
    "a style": lambda page: page.replace("<style>", "<style>h1{display:none}", 1),
    "a script": lambda page: page.replace("</body>", "<script>1</script></body>", 1),
    "a hidden part": lambda page: page.replace(
        '<ol class="claims">', '<ol class="claims" hidden>', 1
    ),
    "a moved mark of a chart": lambda page: re.sub(
        r'(<path[^>]* d="M)\d', r"\g<1>9", page, count=1
    ),
    "the step of a grade": lambda page: page.replace("■□□□□", "■■□□□", 1),
}


@pytest.mark.parametrize("what", HIDDEN)
def test_what_is_no_text_is_compared_too(national: str, what: str) -> None:
    forged = HIDDEN[what](national)
    assert forged != national
    found = compare(parsed(forged), parsed(national))
    assert [check for check in found if check.status is Status.DIFFERS], what


def test_an_invented_page_is_not_verified_for_want_of_numbers(issue: Issue, tmp_path: Path) -> None:
    page = tmp_path / "small.html"
    genuine = issue.page.read_text(encoding="utf-8")
    invented = re.sub(
        "<main.*</main>", "<main><p>職員が45％少ない。</p></main>", genuine, flags=re.S
    )
    page.write_text(
        re.sub(r'(warehouse-sha256" content=")[0-9a-f]+', r"\g<1>00", invented), encoding="utf-8"
    )
    done = issue.command("verify", page)
    assert done.returncode == 1 and "残っていません" in done.stdout


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("notebook", "../../elsewhere.ipynb", "正しくありません"),
        ("notebook", "small.py", "正しくありません"),
        ("parameters", "{bad", "読めません"),
        ("parameters", "[1]", "読めません"),
    ],
)
def test_a_record_that_points_elsewhere_or_cannot_be_read_is_wrong_use(
    issue: Issue, tmp_path: Path, name: str, content: str, words: str
) -> None:
    page = tmp_path / "small.html"
    genuine = issue.page.read_text(encoding="utf-8")
    page.write_text(
        re.sub(rf'(ebpm-{name}" content=")[^"]*', lambda m: m[1] + content, genuine),
        encoding="utf-8",
    )
    done = issue.command("verify", page)
    assert done.returncode == 2 and words in done.stderr and "Traceback" not in done.stderr


def test_provenance_beside_the_page_names_the_computation_of_every_number(site: Site) -> None:
    for name in PAGES:
        page = parsed((site.out / f"{name}.html").read_text(encoding="utf-8"))
        record = json.loads((site.out / f"{name}.provenance.json").read_text(encoding="utf-8"))
        sentences = {key: shown for key, shown in page.numbers.items() if key.startswith("n-")}
        assert {number["id"]: number["text"] for number in record["numbers"]} == {
            key: shown.text for key, shown in sentences.items()
        }
        computations = {each["id"]: each for each in record["computations"]}
        sources = {source["id"]: source for source in record["sources"]}
        for number in record["numbers"]:
            computation = computations[number["computation"]]
            assert number["label"] and (number["parameter"] or computation["sql"])
            assert number["parameter"] or (computation["tables"] and computation["sources"])
        for computation in computations.values():
            assert {sources[name]["sha256"] for name in computation["sources"]} <= {
                source["sha256"] for source in record["sources"] if len(source["sha256"]) == 64
            }
        tables = {table["table"] for table in record["tables"]}
        assert tables == {t for each in computations.values() for t in each["tables"]}
        shown = {key.split(" ")[0] for key in page.numbers if not key.startswith("n-")}
        untraced = shown - {exhibit["id"] for exhibit in record["exhibits"]}
        assert len(untraced) == 1  # the council's points hold no numbers
