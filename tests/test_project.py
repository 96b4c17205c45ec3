"""The project's own papers hold together: dependencies, documents, commands."""

import re
import tomllib

import pytest
from click.testing import CliRunner

from ebpm.cli import cli
from ebpm.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def name_of(requirement: str) -> str:
    return re.split(r"[<>=!~; \[]", requirement)[0].lower().replace("_", "-")


def test_environment_yml_holds_the_one_dependency_list() -> None:
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    listed = re.findall(r'^ {6}- "?([^"\n]+)"?$', text, re.M)
    assert listed == [*PROJECT["dependencies"], "--editable ."]
    assert f"python{PROJECT['requires-python']}" in text.replace(" ", "")


def test_lock_file_pins_every_dependency_with_hashes() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = {name_of(line) for line in text.splitlines() if re.match(r"\w.*==", line)}
    assert {name_of(requirement) for requirement in PROJECT["dependencies"]} <= pinned
    assert "http" not in re.sub(r"#.*|httpcore|httpx\S*|aiohttp", "", text)


def test_every_dependency_earns_its_place_in_the_document() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    for requirement in PROJECT["dependencies"]:
        assert f"| {name_of(requirement)} |" in text


@pytest.mark.parametrize("readme", ["README.md", "README.ja.md"])
def test_readme_names_every_command_and_make_target(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.M)
    assert [name for name in cli.commands if f"ebpm {name}" not in text] == []
    assert [name for name in targets if f"make {name}" not in text and name != "help"] == []


@pytest.mark.parametrize("command", sorted(cli.commands))
def test_help_of_each_command_has_an_example(command: str) -> None:
    result = CliRunner().invoke(cli, [command, "--help"])
    assert result.exit_code == 0
    assert f"ebpm {command}" in result.output.split("例:")[1]


@pytest.mark.parametrize("readme", ["README.md", "README.ja.md"])
def test_links_of_the_readme_lead_somewhere(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert (ROOT / target).exists(), target
