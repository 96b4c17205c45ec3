"""Commands of the ledger: what was found, whatever it shows; what was registered beforehand."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ebpm.cli.base import EXAMPLES, cli, fail
from ebpm.evidence.claims import VERDICT_NAMES, Verdict
from ebpm.paths import REPORTS

if TYPE_CHECKING:
    from ebpm.evidence.plans import Plan

STDOUT = "-"


@cli.command(
    help="これまでの知見の台帳を、結果にかかわらずすべて出します。\n\n"
    f"{EXAMPLES}ebpm ledger\n  ebpm ledger --verdict no_effect --notebook staffing\n"
    "  ebpm ledger --all --csv ledger.csv\n  ebpm ledger --affected"
)
@click.option(
    "--verdict", type=click.Choice([str(verdict) for verdict in Verdict]), help="この判定のものだけ"
)
@click.option("--notebook", metavar="NAME", help="このノートブックのものだけ")
@click.option("--lgcode", metavar="CODE", help="この団体（6桁コード）についてのものだけ")
@click.option("--question", metavar="TEXT", help="問いにこの言葉を含むものだけ")
@click.option("--all", "everything", is_flag=True, help="最新のものだけでなく、記録のすべての行")
@click.option("--json", "as_json", is_flag=True, help="JSON で出す")
@click.option("--csv", "to", metavar="FILE", help="CSV で書き出す（- で標準出力）")
@click.option(
    "--affected",
    "is_affected",
    is_flag=True,
    help="データの版が改まって数字の変わる報告書を調べ、正誤表の案を作る",
)
@click.option(
    "--out", type=click.Path(path_type=Path), default=REPORTS / "site", help="報告書のある場所"
)
def ledger(
    verdict: str | None,
    notebook: str | None,
    lgcode: str | None,
    question: str | None,
    everything: bool,
    as_json: bool,
    to: str | None,
    is_affected: bool,
    out: Path,
) -> None:
    """Prints the findings of all executed reports, the latest of each or every row."""
    from ebpm.evidence import ledger as book

    if is_affected:
        _affected(out, as_json)
        return
    if as_json and to is not None:
        fail("--json と --csv は同時に使えません。", 2)
    rows = _entries()
    asked = {"verdict": verdict, "notebook": notebook, "lgcode": lgcode, "question": question}
    found = book.chosen(rows if everything else book.latest(rows), **asked)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    elif to is not None:
        _write_csv(found, to)
    else:
        _show(found, len(rows))


def _entries() -> list[dict[str, Any]]:
    from ebpm.evidence.ledger import default_folder, entries
    from ebpm.evidence.lines import LedgerError

    try:
        return entries(default_folder())
    except LedgerError as error:
        fail(str(error), 1)


def _affected(out: Path, as_json: bool) -> None:
    """The reports that a new edition changes, and the drafts of their errata."""
    from dataclasses import asdict

    from ebpm.evidence.ledger import default_folder
    from ebpm.evidence.lines import LedgerError
    from ebpm.run import affected as stage
    from ebpm.warehouse import WarehouseError

    try:
        found = stage.affected(default_folder(), out)
    except (LedgerError, WarehouseError) as error:
        fail(str(error), 1)
    drafts = {each.report: stage.write_erratum(each, out) for each in found if each.is_changed}
    if as_json:
        content = [{**asdict(each), "is_changed": each.is_changed} for each in found]
        click.echo(json.dumps(content, ensure_ascii=False))
        return
    for each in found:
        for edition in each.editions:
            click.echo(f"{each.report}：{edition.title}　{edition.before} → {edition.after}")
        click.echo(f"  {each.problem or f'変わる箇所 {len(each.changes)}'}")
        if each.report in drafts:
            click.echo(f"  正誤表の案：{drafts[each.report]}")
    click.echo(f"版の改まったデータを使った報告書は {len(found)} 件です。")


def _write_csv(rows: list[dict[str, Any]], to: str) -> None:
    from ebpm.files import put_in_place
    from ebpm.report.ledger_data import ledger_csv

    content = ledger_csv(rows, "ja")
    if to == STDOUT:
        click.echo(content, nl=False)
    else:
        put_in_place(Path(to), content.decode("utf-8"))
        click.echo(f"{to} に {len(rows)} 行を書きました。")


def _show(rows: list[dict[str, Any]], recorded: int) -> None:
    for row in rows:
        click.echo(
            f"{row['recorded']}  {row['report']}  {VERDICT_NAMES[Verdict(row['verdict'])].ja}  "
            f"SMS {row['sms']}/5  {row['claim_ja']}  "
            f"{row['estimate']:.3g}［{row['ci_low']:.3g}〜{row['ci_high']:.3g}］"
        )
        click.echo(f"    問い：{row['question']['ja']}")
    click.echo(f"{len(rows)} 件（台帳の行は全部で {recorded}。--all ですべての行が対象になります）")


@cli.command(
    help="問いと判定の基準を、データを開く前に登録します。登録は消えず、変更は新しい登録として残ります。\n\n"
    f"{EXAMPLES}ebpm register --template > plan.toml\n  ebpm register plan.toml\n"
    "  ebpm register --list\n  ebpm register --check"
)
@click.argument(
    "plan", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False
)
@click.option("--id", "id_", metavar="NAME", help="登録の名前（知見の id と同じにする）")
@click.option("--question", metavar="TEXT", help="問い")
@click.option("--outcome", metavar="TEXT", help="結果の指標")
@click.option("--method", metavar="TEXT", help="方法")
@click.option("--smallest-effect", type=float, help="意味のある最小の差（0 より大きい数）")
@click.option("--unit", metavar="UNIT", help="その単位（--template に一覧）")
@click.option("--exclusions", metavar="TEXT", help="除くもの（なければ「なし」）")
@click.option("--notebook", metavar="NAME", help="ノートブックの名前")
@click.option("--template", is_flag=True, help="記入用の TOML を出す")
@click.option("--list", "as_list", is_flag=True, help="登録の一覧")
@click.option("--check", is_flag=True, help="登録が後から変えられていないか確かめる")
@click.option("--json", "as_json", is_flag=True, help="JSON で出す")
def register(
    plan: Path | None,
    id_: str | None,
    template: bool,
    as_list: bool,
    check: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Registers a plan from a file or from options, lists the plans, or checks their chain."""
    from ebpm.evidence.lines import LedgerError
    from ebpm.evidence.plans import PlanError

    given = {name: value for name, value in ({"id": id_} | options).items() if value is not None}
    if sum([template, as_list, check, plan is not None, bool(given)]) != 1:
        fail(
            "PLAN.toml、--id などの項目、--template、--list、--check のどれか一つを指定してください。",
            2,
        )
    try:
        if template:
            _template()
        elif as_list:
            _list(as_json)
        elif check:
            _check(as_json)
        else:
            _register(_read(plan) if plan else given, as_json)
    except PlanError as error:
        fail(str(error), 2)
    except LedgerError as error:
        fail(str(error), 1)


def _template() -> None:
    from ebpm.evidence.plans import template

    click.echo(template(), nl=False)


def _read(path: Path) -> dict[str, Any]:
    import tomllib

    from ebpm.evidence.plans import PlanError

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise PlanError(f"{path.name} を TOML として読めません（{error}）。") from None


def _register(given: dict[str, Any], as_json: bool) -> None:
    from ebpm.evidence.ledger import default_folder
    from ebpm.evidence.plans import plan_from, plans, register

    before = len(plans(default_folder()))
    done = register(default_folder(), plan_from(given))
    if as_json:
        click.echo(json.dumps(vars(done), ensure_ascii=False))
        return
    state = f"登録しました（{done.amendments} 回目の変更）" if done.amendments else "登録しました"
    if len(plans(default_folder())) == before:
        state = "同じ内容がすでに登録されています"
    click.echo(f"{state}：{done.id}  {done.registered}  照合値 {done.hash[:12]}")


def _list(as_json: bool) -> None:
    from ebpm.evidence.ledger import default_folder
    from ebpm.evidence.plans import plans

    found = plans(default_folder())
    if as_json:
        click.echo(json.dumps([vars(plan) for plan in found], ensure_ascii=False))
        return
    for plan in found:
        click.echo("\n".join(_lines(plan)))
    click.echo(f"{len(found)} 件")


def _lines(plan: "Plan") -> list[str]:
    amended = f"（{plan.amendments} 回目の変更）" if plan.amendments else ""
    return [
        f"{plan.registered}  {plan.id}{amended}  {plan.question}",
        f"    結果の指標：{plan.outcome}  方法：{plan.method}  除くもの：{plan.exclusions}",
        f"    判定の基準：{plan.smallest_effect:g} {plan.unit}  ノートブック：{plan.notebook}",
    ]


def _check(as_json: bool) -> None:
    import dataclasses

    from ebpm.evidence.ledger import default_folder
    from ebpm.evidence.plans import FILE, check_chain

    chain = check_chain(default_folder())
    wrong = "、".join(f"{FILE} の {each.line} 行目：{each.reason}" for each in chain.problems)
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(chain), ensure_ascii=False))
    elif not wrong:
        click.echo(f"登録 {chain.registrations} 件は、登録したときのままです。")
    if wrong:
        fail(f"登録の記録に合わない行があります（{wrong}）。", 1)
