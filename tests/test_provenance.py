"""Every query knows its published sources, and one that hides them is refused."""

from pathlib import Path

import pytest

import ebpm
from ebpm import warehouse
from ebpm.evidence.provenance import ProvenanceError


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("warehouse")
    warehouse.build(folder)
    return folder


@pytest.fixture(autouse=True)
def use(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EBPM_WAREHOUSE_FILE", raising=False)
    monkeypatch.setenv("EBPM_WAREHOUSE", str(house))


def test_a_query_leads_to_the_sources_of_every_table_it_reads() -> None:
    data = ebpm.query(
        "SELECT * FROM mart_municipality JOIN mart_online_application USING (lgcode) LIMIT 5"
    )
    assert data.tables == ("mart_municipality", "mart_online_application")
    assert {source["key"] for source in data.sources} == {
        "municipalities",
        "online_rates",
        "ssdse_a",
    }
    assert all(source["page"].startswith("https://") for source in data.sources)


def test_tables_inside_subqueries_count_and_common_table_expressions_do_not() -> None:
    data = ebpm.query(
        "WITH few AS (SELECT lgcode FROM mart_staffing WHERE general_staff < ?) "
        "SELECT count(*) AS n FROM mart_municipality WHERE lgcode IN (SELECT lgcode FROM few)",
        [20],
    )
    assert data.tables == ("mart_municipality", "mart_staffing")
    assert "[20]" in data.sql


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 AS n",
        "SELECT * FROM query_table('mart_municipality') LIMIT 1",
        "FROM (PIVOT mart_period_coverage ON channel USING sum(procedures))",
    ],
)
def test_a_query_without_traceable_sources_is_refused(sql: str) -> None:
    with pytest.raises(ProvenanceError, match="出典"):
        ebpm.query(sql)


def test_data_joined_keep_the_sources_of_all_parts() -> None:
    left = ebpm.query("SELECT lgcode FROM mart_staffing")
    right = ebpm.query("SELECT procedure_id FROM mart_procedure_period LIMIT 1")
    both = left.joined(left.frame, right)
    assert {source["key"] for source in both.sources} == {"municipalities", "procedures", "ssdse_a"}
    assert left.sql in both.sql and right.sql in both.sql


def test_a_number_carries_its_value_text_and_trace() -> None:
    data = ebpm.query("SELECT count(*) AS n FROM mart_municipality")
    number = data.number(data.frame["n"].iloc[0], "municipalities")
    assert number.text.ja == "1,741団体"
    assert number.trace["sql"] == data.sql and number.trace["sources"] == list(data.sources)
