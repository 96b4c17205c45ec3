"""Commands of the reports: run, list."""

import json
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ebpm.cli.base import EXAMPLES, cli, fail
from ebpm.paths import NOTEBOOKS, REPORTS


@cli.command(
    help="ノートブックを実行し、報告書を作ります。指定しなければ全国版の一式です。\n\n"
    f"{EXAMPLES}ebpm run\n  ebpm run staffing -p lgcode=011002\n  ebpm run --all --lang en"
)
@click.argument("notebooks", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="すべてのノートブック")
@click.option("-p", "assignments", multiple=True, metavar="名前=値", help="パラメーター（複数可）")
@click.option(
    "--each", type=click.Choice(["municipality", "prefecture"]), help="団体ごとに1つずつ作る"
)
@click.option("--lang", type=click.Choice(["ja", "en"]), default="ja", help="報告書の言語")
@click.option("--jobs", type=click.IntRange(min=1), default=1, help="同時に実行する数")
@click.option("--out", type=click.Path(path_type=Path), help="書き出し先（既定 reports/site）")
@click.option("--force", is_flag=True, help="変わっていなくても作り直す")
@click.option(
    "--timeout", type=click.IntRange(min=1), default=600, help="セル1個の時間の上限（秒）"
)
@click.option("--json", "as_json", is_flag=True, help="run.json の内容を出す")
def run(
    notebooks: Sequence[str],
    everything: bool,
    assignments: Sequence[str],
    each: str | None,
    lang: str,
    jobs: int,
    out: Path | None,
    force: bool,
    timeout: int,
    as_json: bool,
) -> None:
    """Executes notebooks through papermill and renders their pages."""
    from ebpm import run as runner
    from ebpm.evidence.lines import LedgerError
    from ebpm.warehouse import WarehouseError

    try:
        wanted = _jobs(notebooks, everything, assignments, each, lang)
    except runner.ParameterError as error:
        fail(str(error), 2)
    target = out or (REPORTS / "site" if lang == "ja" else REPORTS / "site" / lang)
    try:
        outcome = runner.run(
            wanted,
            target,
            processes=jobs,
            progress=sys.stderr.isatty() and not as_json,
            force=force,
            timeout_seconds=timeout,
            tell=(lambda report: None) if as_json else _tell,
        )
    except (WarehouseError, LedgerError) as error:
        fail(str(error), 1)
    if as_json:
        click.echo(json.dumps(outcome.account, ensure_ascii=False))
    else:
        click.echo(f"目次: {_shown(target / 'index.html')}")
    sys.exit(0 if outcome.ok else 1)


def _tell(report: dict[str, Any]) -> None:
    name = report["notebook"] + "".join(f" {k}={v}" for k, v in report["parameters"].items())
    if report["status"] == "ok":
        state = "変更なし" if report["unchanged"] else f"作成（{report['seconds']:.1f} 秒）"
        click.echo(f"{name}: {state} {report['page']}")
        return
    kept = "前回のページを残しました。" if report["status"] == "kept" else ""
    click.echo(f"{name}: 失敗。{report['error'][:200]} {kept}詳細: {report['account']}", err=True)


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _jobs(
    names: Sequence[str],
    everything: bool,
    assignments: Sequence[str],
    each: str | None,
    lang: str,
) -> list[Any]:
    """The reports to make; raises ParameterError before anything runs."""
    from ebpm.run.execute import Job
    from ebpm.run.parameters import parse_assignments, typed

    given = parse_assignments(assignments)
    sets = _bodies(each, given)
    return [
        Job(notebook, typed(notebook, values), "en" if lang == "en" else "ja")
        for notebook in _notebooks(names, everything)
        for values in sets
    ]


def _bodies(each: str | None, given: dict[str, str]) -> list[dict[str, str]]:
    from ebpm import lgcode
    from ebpm.run import ParameterError

    if each is None:
        return [given]
    name = "lgcode" if each == "municipality" else "prefecture"
    if name in given:
        raise ParameterError(f"--each {each} と -p {name} は同時に使えません。")
    if each == "municipality":
        return [{**given, name: body.lgcode} for body in lgcode.municipalities()]
    return [{**given, name: body.name} for body in lgcode.prefectures()]


def _notebooks(names: Sequence[str], everything: bool) -> list[Path]:
    from ebpm.run import ParameterError

    known = {path.stem: path for path in sorted(NOTEBOOKS.glob("*.ipynb"))}
    if everything:
        return list(known.values())
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
    inside = path.resolve().parent == NOTEBOOKS.resolve()
    return path.stem if inside and path.suffix == ".ipynb" else given.removesuffix(".ipynb")


@cli.command(
    name="list", help=f"ノートブックとパラメーターの一覧を出します。\n\n{EXAMPLES}ebpm list"
)
@click.option("--json", "as_json", is_flag=True, help="JSON で出す")
def list_(as_json: bool) -> None:
    """Lists the notebooks with their typed parameters."""
    from ebpm.run.parameters import ParameterError, declared

    try:
        found = {path.stem: declared(path) for path in sorted(NOTEBOOKS.glob("*.ipynb"))}
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
