"""The command in this process, as its `main` answers a shell."""

from dataclasses import dataclass

import click
from click.testing import CliRunner

from drawscape.cli import main


@dataclass(frozen=True)
class Done:
    """What a command left: its exit code and what it printed."""

    code: int
    out: str
    err: str


def run(*arguments, answer=""):
    """Run `drawscape ARGUMENTS` with `answer` on its standard input."""
    with CliRunner().isolation(input=answer) as (out, err, _):
        code = 0
        try:
            main([*arguments])
        except SystemExit as ended:
            code = ended.code or 0
        return Done(int(str(code)), out.getvalue().decode(), click.unstyle(err.getvalue().decode()))
