"""The help of all commands reads as one voice: the same form, and the same words for the same option."""

from collections import defaultdict
from collections.abc import Iterator

import click
import pytest

from drawscape.cli.root import root

VERBS = """
    Add Answer Ask Back Cancel Carry Change Choose Copy Delete Do Draw Find Follow Give Go Join Keep
    Leave Let Listen List Look Make Merge Move Offer Open Pause Plot Prepare Print Pull Put Queue Remove
    Replace Retry Run Save Say Scale Search Send Serve Set Show Sort Split Start Stop Take Turn Wait
    Write
""".split()  # noqa: SIM905 - as a list it takes fifty lines
"""What a line of help begins with. A new one is welcome, if no old one does."""

DIFFERS = {
    "--json": "a machine, a plot and lists of them are different objects",
    "--keep": "of jobs it is a number, of a plot's settings a wish",
    "--port": "of a web server or of a plotter",
    "--profile": "plot writes G-code for it, a machine has speeds and reach from it, too",
    "--yes": "a plot asks for paper and pens, others before they delete",
    "--wait": "a job has a result, a plot shows how far it is",
    "--limit": "drawings and jobs are listed by different words",
    "--landscape": "draw has one paper, plot the sheets of --fit and --tile",
    "--margin": "plot keeps it free with --fit and --tile only",
    "--optimize": "an order is the default for different files",
    "--outside": "a machine has a reach, an SVG keeps what is outside",
    "--output": "a file or a folder, of different formats",
    "--raw": "as --optimize, whose other half it is",
    "--task": "list and retry do different things with it",
    "--text": "drawings are listed by a text, plot draws the texts of a file",
    "--to": "plot may write several formats at once",
}


def commands(group: click.Group, path: str = "drawscape") -> Iterator[tuple[str, click.Command]]:
    """Yield every command below `group` with its full name."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


COMMANDS = dict(commands(root))
OPTIONS = [
    (name, option)
    for name, command in COMMANDS.items()
    for option in command.params
    if isinstance(option, click.Option) and not option.hidden
]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_a_line_that_says_what_to_do(name: str):
    summary, _, rest = (COMMANDS[name].help or "").partition("\n")
    assert summary.split(" ")[0].strip(",") in VERBS, summary
    assert summary.endswith("."), summary
    assert not rest or rest.startswith("\n"), "one line, then an empty one"


@pytest.mark.parametrize(
    ("name", "option"), OPTIONS, ids=[f"{name} {option.opts[-1]}" for name, option in OPTIONS]
)
def test_an_option_has_a_sentence_its_unit_and_its_default(name: str, option: click.Option):
    text = (option.help or "").partition("  [default: ")[0]
    assert text.split(" ")[0] in VERBS, text
    assert text.endswith((".", "...")), text
    if not option.is_flag and not isinstance(option.type, click.Choice):
        assert option.metavar, "it says what is to be given: MM, TIME, NUMBER, FILE ..."
    if isinstance(option.default, (str, int, float)) and not option.is_flag:
        assert option.show_default, f"the default {option.default!r} is not shown"


def test_the_same_option_has_the_same_words_in_every_command():
    said: dict[str, set[str]] = defaultdict(set)
    for _, option in OPTIONS:
        said[option.opts[-1]].add(option.help or "")
    assert {name for name, texts in said.items() if len(texts) > 1} <= set(DIFFERS)


def test_no_command_takes_no_slots_or_thousands() -> None:
    found = [one for _, one in commands(root) if any("--slots" in each.opts for each in one.params)]
    assert len(found) >= 4
    for command in found:
        for number in ("0", "257"):
            with pytest.raises(click.BadParameter, match="1<=x<=256"):
                command.make_context("it", ["--slots", number])
