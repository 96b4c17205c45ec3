"""Commands of the reports: run, list."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ebpm.cli.base import EXAMPLES, cli, fail
from ebpm.cli.telling import Telling
from ebpm.paths import NOTEBOOKS, OWN_NOTEBOOKS, REPORTS, notebook_files

if TYPE_CHECKING:
    from ebpm.run.execute import Engine
    from ebpm.run.notebooks import Kept

MOST_PROCESSES = 8


@cli.command(
    help="ノートブックを実行し、報告書を作ります。指定しなければ全国版の一式です。\n\n"
    f"{EXAMPLES}ebpm run\n  ebpm run staffing -p lgcode=011002\n  ebpm run --lang both --jobs 2"
    "\n  ebpm run municipality --each municipality\n  ebpm run council_report --pdf"
)
@click.argument("notebooks", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="すべてのノートブック")
@click.option("-p", "assignments", multiple=True, metavar="名前=値", help="パラメーター（複数可）")
@click.option(
    "--each", type=click.Choice(["municipality", "prefecture"]), help="団体ごとに1つずつ作る"
)
@click.option(
    "--body", "only", multiple=True, metavar="コード", help="この団体のものを作る（複数可）"
)
@click.option(
    "--lang",
    type=click.Choice(["ja", "en", "both"]),
    default="ja",
    help="報告書の言語（both は実行を1回で済ませ、英語版を書き出し先の en に置く）",
)
@click.option("--jobs", type=click.IntRange(min=1), help="同時に実行する数（既定はCPUの数、最大8）")
@click.option("--cluster", metavar="アドレス", help="Dask のスケジューラー（tcp://…）に任せる")
@click.option(
    "--engine",
    type=click.Choice(["warm", "stock"]),
    default="warm",
    help="実行の方式（warm は準備を済ませたプロセスから分かれて実行、stock はカーネルを毎回起動）",
)
@click.option("--out", type=click.Path(path_type=Path), help="書き出し先（既定 reports/site）")
@click.option("--force", is_flag=True, help="変わっていなくても作り直す")
@click.option(
    "--notebooks",
    "kept",
    type=click.Choice(["plain", "compressed", "none"]),
    help="実行済みノートブックの残し方（既定は plain、--each では compressed）",
)
@click.option(
    "--timeout", type=click.IntRange(min=1), default=600, help="セル1個の時間の上限（秒）"
)
@click.option(
    "--report-timeout", type=click.IntRange(min=1), default=3600, help="1件の時間の上限（秒）"
)
@click.option(
    "--memory", type=click.IntRange(min=500), default=4000, help="1件の記憶域の上限（MB）"
)
@click.option(
    "--interactive", is_flag=True, help="図に触れると値が出る版も作る（ページの横に置く）"
)
@click.option("--pdf", is_flag=True, help="PDF も作る（Chromium、Chrome、Edge のいずれかが必要）")
@click.option("--json", "as_json", is_flag=True, help="run.json の内容を出す")
def run(
    notebooks: Sequence[str],
    everything: bool,
    assignments: Sequence[str],
    each: str | None,
    only: Sequence[str],
    lang: str,
    jobs: int | None,
    cluster: str | None,
    engine: Engine,
    out: Path | None,
    force: bool,
    kept: Kept | None,
    timeout: int,
    report_timeout: int,
    memory: int,
    interactive: bool,
    pdf: bool,
    as_json: bool,
) -> None:
    """Executes notebooks through papermill and renders their pages."""
    if engine == "warm" and not cluster:
        _warm_up_meanwhile()
    from ebpm.evidence.lines import LedgerError
    from ebpm.run import ParameterError, Wishes
    from ebpm.run.pdf import PdfError
    from ebpm.run.workers import ClusterError
    from ebpm.warehouse import WarehouseError
    from ebpm.warm.forker import Limits

    wishes = Wishes(
        processes=jobs or default_processes(),
        force=force,
        limits=Limits(timeout, report_timeout, memory),
        engine=engine,
        notebooks=kept or ("compressed" if each else "plain"),
        pdf=pdf,
        interactive=interactive,
        cluster=cluster,
    )
    try:
        wanted = {
            each_lang: _jobs(notebooks, everything, assignments, _Bodies(each, only), each_lang)
            for each_lang in _languages(lang)
        }
        with _ledger_of(_on_own_data(wanted)):
            outcomes = _run_in(wanted, out, lang, wishes, is_quiet=as_json)
    except ParameterError as error:
        fail(str(error), 2)
    except (WarehouseError, LedgerError, PdfError, ClusterError) as error:
        fail(str(error), 1)
    if as_json:
        accounts = {name: outcome.account for name, outcome in outcomes.items()}
        shown = accounts if lang == "both" else accounts[lang]
        click.echo(json.dumps(shown, ensure_ascii=False))
    else:
        for outcome in outcomes.values():
            click.echo(f"目次: {_shown(outcome.path.with_name('index.html'))}")
    sys.exit(0 if all(outcome.ok for outcome in outcomes.values()) else 1)


def _ledger_of(own: bool) -> contextlib.AbstractContextManager[None]:
    """The ledger of the run: findings on own data have one of their own, outside what is tracked."""
    from ebpm.evidence.ledger import plans_folder
    from ebpm.files import variables
    from ebpm.own import places

    if not own:
        return contextlib.nullcontext()
    return variables({"EBPM_PLANS": str(plans_folder()), "EBPM_LEDGER": str(places.ledger())})


def _warm_up_meanwhile() -> None:
    """The process that forks warms up while this one imports and looks for what is to be done."""
    from ebpm.warm.forker import can_fork, shared

    if can_fork():
        shared()


def _languages(lang: str) -> list[str]:
    return ["ja", "en"] if lang == "both" else [lang]


def _run_in(
    jobs: dict[str, list[Any]], out: Path | None, lang: str, wishes: Any, *, is_quiet: bool
) -> dict[str, Any]:
    """One site a language; the second is rendered from the notebooks executed for the first."""
    from ebpm import run as runner
    from ebpm.own import places
    from ebpm.own.forgetting import remember

    outcomes: dict[str, Any] = {}
    home = places.site() if _on_own_data(jobs) else REPORTS / "site"
    for name, wanted in jobs.items():
        site = out if out and lang != "both" else _site(out or home, name)
        if home == places.site():
            remember(site)
        other = home if out is None else out if lang == "both" else None
        is_second = name == "en" and (lang == "both" or not wishes.force)
        tell = (lambda report: None) if is_quiet else Telling(len(wanted), sys.stderr.isatty())
        known = other if is_second else None
        outcomes[name] = runner.run(wanted, site, wishes, executed_in=known, tell=tell)
    return outcomes


def _on_own_data(jobs: dict[str, list[Any]]) -> bool:
    """Whether the reports are on own data; ParameterError where only some of them are."""
    from ebpm.run import ParameterError

    own = {job.is_own for wanted in jobs.values() for job in wanted}
    if len(own) > 1:
        raise ParameterError(
            "公開データの報告書と庁内データの報告書は、置き場を分けるため同時に作れません。別々に実行してください。"
        )
    return own == {True}


def _site(folder: Path, lang: str) -> Path:
    return folder if lang == "ja" else folder / lang


def default_processes() -> int:
    """As many as there are processors for this process, eight at most (600 MB each)."""
    return min(
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        MOST_PROCESSES,
    )


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


@dataclass(frozen=True)
class _Bodies:
    """The bodies that reports are made for, one each: all of a kind, some, or none in particular."""

    each: str | None
    only: Sequence[str]

    def parameters(self, given: dict[str, str]) -> list[dict[str, str]]:
        """The given parameters, once for each body; ParameterError where they contradict."""
        from ebpm import lgcode
        from ebpm.run import ParameterError

        if self.each and self.only:
            raise ParameterError("--each と --body は同時に使えません。")
        if not (self.each or self.only):
            return [given]
        name = "prefecture" if self.each == "prefecture" else "lgcode"
        if name in given:
            option = f"--each {self.each}" if self.each else "--body"
            raise ParameterError(f"{option} と -p {name} は同時に使えません。")
        if self.each == "prefecture":
            return [{**given, name: body.name} for body in lgcode.prefectures()]
        codes = self.only or [body.lgcode for body in lgcode.municipalities()]
        return [{**given, name: code} for code in codes]


def _jobs(
    names: Sequence[str],
    everything: bool,
    assignments: Sequence[str],
    bodies: _Bodies,
    lang: str,
) -> list[Any]:
    """The reports to make; raises ParameterError before anything runs."""
    from ebpm.run.execute import Job
    from ebpm.run.parameters import parse_assignments, typed

    given = parse_assignments(assignments)
    sets = bodies.parameters(given)
    return [
        Job(notebook, typed(notebook, values), "en" if lang == "en" else "ja")
        for notebook in _notebooks(names, everything)
        for values in sets
    ]


def _notebooks(names: Sequence[str], everything: bool) -> list[Path]:
    from ebpm.run import ParameterError

    known = notebook_files()
    if everything:
        return list(notebook_files(own=False).values())
    wanted = [_name_of(name) for name in names] or [
        entry["notebook"]
        for entry in tomllib.loads((REPORTS / "schedule.toml").read_text("utf-8"))["national"]
    ]
    for name in wanted:
        if name not in known:
            raise ParameterError(
                f"{name} というノートブックはありません。使えるもの：{'、'.join(known)}。"
            )
    return [known[name] for name in wanted]


def _name_of(given: str) -> str:
    """A notebook's name, from the name or from its path in `notebooks/`."""
    path = Path(given)
    inside = path.resolve().parent in {NOTEBOOKS.resolve(), OWN_NOTEBOOKS.resolve()}
    return path.stem if inside and path.suffix == ".ipynb" else given.removesuffix(".ipynb")


@cli.command(
    name="list", help=f"ノートブックとパラメーターの一覧を出します。\n\n{EXAMPLES}ebpm list"
)
@click.option("--json", "as_json", is_flag=True, help="JSON で出す")
def list_(as_json: bool) -> None:
    """Lists the notebooks with their typed parameters."""
    from ebpm.run.parameters import ParameterError, declared

    try:
        found = {name: declared(path) for name, path in notebook_files().items()}
    except ParameterError as error:
        fail(str(error), 1)
    if as_json:
        content = {name: [vars(p) for p in ps.values()] for name, ps in found.items()}
        click.echo(json.dumps(content, ensure_ascii=False))
        return
    for name, parameters in found.items():
        click.echo(name)
        for parameter in parameters.values():
            click.echo(f"  -p {parameter.name}=…（{parameter.type}、既定 {parameter.default}）")
