"""Command of the forms for own data: list them, explain one, write templates to fill in."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ebpm.cli.base import EXAMPLES, cli, fail

if TYPE_CHECKING:
    from ebpm.own.forms import Form


@cli.command(
    help="自治体のデータを取り込むための様式の一覧・説明を出し、記入用のひな形（Excel・CSV・説明）を書きます。\n\n"
    f"{EXAMPLES}ebpm forms\n  ebpm forms handling_log\n  ebpm forms handling_log --to ひな形"
)
@click.argument("name", required=False)
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="ひな形を書くフォルダー（様式の指定がなければ全部の様式）",
)
@click.option("--json", "as_json", is_flag=True, help="JSON で出す")
def forms(name: str | None, folder: Path | None, as_json: bool) -> None:
    """Lists the forms, explains one, or writes templates."""
    from ebpm.own import forms as stage

    try:
        chosen = list(stage.forms().values()) if name is None else [stage.form(name)]
    except stage.FormError as error:
        fail(str(error), 2)
    if folder is not None:
        _write(chosen, folder, as_json)
    elif as_json:
        click.echo(json.dumps([_data(form) for form in chosen], ensure_ascii=False))
    elif name is None:
        for form in chosen:
            click.echo(f"{form.name}：{form.title.ja}（{form.grain.ja}）")
        click.echo("項目の説明は ebpm forms 様式名、ひな形は ebpm forms 様式名 --to フォルダー")
    else:
        _explain(chosen[0])


def _write(chosen: "list[Form]", folder: Path, as_json: bool) -> None:
    from ebpm.own import templates

    written = [path for form in chosen for path in templates.write(form, folder)]
    if as_json:
        click.echo(json.dumps([str(path) for path in written], ensure_ascii=False))
        return
    for path in written:
        click.echo(path)


def _explain(form: "Form") -> None:
    click.echo(f"{form.title.ja}（{form.name}）：{form.grain.ja}\n{form.about.ja}\n")
    for item in form.fields:
        need = "必須" if item.required else "任意"
        click.echo(
            f"  {item.label.ja}（{item.key}、{need}）例：{item.example}\n    {item.about.ja}"
        )


def _data(form: "Form") -> dict[str, Any]:
    fields = [
        {
            "key": item.key,
            "label": item.label.payload(),
            "type": item.type,
            "required": item.required,
            "unique": item.unique,
            "repeats": item.repeats,
            "about": item.about.payload(),
            "example": item.example,
            "allowed": list(item.allowed),
        }
        for item in form.fields
    ]
    texts = {"title": form.title, "grain": form.grain, "about": form.about}
    return {"name": form.name, **{k: v.payload() for k, v in texts.items()}, "fields": fields}
