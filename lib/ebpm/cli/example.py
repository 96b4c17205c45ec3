"""Command of the worked example: the files of an invented town whose effects are known."""

from pathlib import Path

import click

from ebpm.cli.base import EXAMPLES, cli, fail


@cli.command(
    help="効果の分かっている架空の町（例示町）のデータを FOLDER に作ります。様式ごとの CSV と、"
    "仕込んだ効果の一覧（truth.json）です。同じ種からは同じデータができます。\n\n"
    f"{EXAMPLES}ebpm example\n  ebpm example 練習 --seed 2 --no-import",
)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default="example")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="乱数の種")
@click.option("--null", is_flag=True, help="効果が何もない町にする")
@click.option(
    "--import/--no-import",
    "load",
    default=True,
    help="架空データの印を付けて、庁内データとして取り込むかどうか（既定は取り込む）",
)
def example(folder: Path, seed: int, null: bool, load: bool) -> None:
    """Writes the town and takes it into the own data."""
    from ebpm.example import generate, write
    from ebpm.example.writing import TRUTH

    if folder.exists() and any(folder.iterdir()) and not (folder / TRUTH).exists():
        fail(f"{folder} には別のファイルがあります。空のフォルダーを指定してください。", 2)
    town = generate(seed, null=null)
    for path in write(town, folder):
        click.echo(path)
    if load:
        _import(list(town.frames), folder)


def _import(forms: list[str], folder: Path) -> None:
    """Takes in every table as one data set of invented data."""
    from ebpm.example.names import TOWN
    from ebpm.own.importing import import_file

    for form in forms:
        done = import_file(folder / f"{form}.csv", form, dataset=TOWN, synthetic=True)
        assert done.examined.checked is not None
        click.echo(f"{form}：{done.examined.checked.good:,} 行を取り込みました。")
    click.echo(f"データセット「{TOWN}」（架空データ）として取り込みました。")
