"""What the commands share: the group, errors as one line, the way to end."""

import sys
from typing import Any, NoReturn

import click

from ebpm import __version__

EXAMPLES = "\b\n例:\n  "


def _duckdb_error() -> type[Exception]:
    """DuckDB's own error; its module is there only where a command has used it."""
    module = sys.modules.get("duckdb")
    return module.Error if module else OSError


class OneLine(click.Group):
    """Errors of use as one clear line on stderr, exit 2."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the command; a wrong use prints one line."""
        try:
            return super().main(*args, **{**kwargs, "standalone_mode": False})
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message())
        except click.UsageError as error:
            fail(error.format_message(), 2)
        except (click.Abort, KeyboardInterrupt):
            fail("中断しました。", 1)
        except _duckdb_error() as error:
            fail(str(error).splitlines()[0], 1)
        except OSError as error:
            fail(f"{error.filename or ''}：{error.strerror or error}", 1)


def fail(message: str, code: int) -> NoReturn:
    """Prints one line on stderr and ends."""
    click.echo(f"ebpm: {' '.join(message.split())}", err=True)
    sys.exit(code)


@click.group(cls=OneLine, help="公表データから、議会が確かめられる報告書を作ります。")
@click.version_option(__version__, prog_name="ebpm")
def cli() -> None:
    """The group of all commands."""
