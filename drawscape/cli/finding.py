"""One line of what `drawscape doctor` reports, and the report."""

from collections.abc import Sequence
from dataclasses import dataclass

import click

from drawscape.cli.text import counted, print_list


@dataclass(frozen=True)
class Finding:
    """A subject and what is found; where that is wrong, `remedy` says what to do, `command` does it."""

    subject: str
    text: str
    remedy: str = ""
    command: str = ""


def report(findings: Sequence[Finding]) -> int:
    """Print what was found, then what is wrong and how to mend it; return how many things are wrong."""
    print_list([(one.subject, one.text) for one in findings])
    wrong = [one for one in findings if one.remedy]
    click.echo(f"\n{counted(len(wrong), 'problem')}" + (":" if wrong else "."))
    for one in wrong:
        click.echo(f"- {one.subject}: {one.remedy}" + (":" if one.command else ""))
        if one.command:
            click.echo(f"    {one.command}")  # on a line of its own, to be copied
    return len(wrong)
