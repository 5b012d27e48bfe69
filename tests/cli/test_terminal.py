"""What a person at a narrow terminal sees: lines that end between words, errors that name their file."""

import os
import subprocess
import sys

import pytest
from command import run
from support import wait_until


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("sketches",), "reaction_diffusion  "),
        (("sketches", "spiral"), "--wobble  "),
        (("draw", "spirl"), "did you mean 'spiral'"),
    ],
)
def test_no_word_is_torn_at_a_narrow_terminal(terminal, arguments, words):
    screen = terminal(*arguments, columns=60)
    wait_until(screen.ended)
    text = screen.read()
    assert words in text
    assert max(map(len, text.splitlines())) <= 60


def test_elsewhere_each_pattern_has_one_line():
    lines = run("sketches", "spiral").out.splitlines()
    line = next(line for line in lines if line.startswith("  --wobble"))
    assert line.endswith("]")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("drawscape dra", "draw"),
        ("drawscape draw spir", "spiral_halftone"),
        ("drawscape sketches trunc", None),
        ("drawscape draw spiral --wob", "--wobble"),
        ("drawscape draw spirl --wob", None),
    ],
)
def test_a_shell_completes_commands_patterns_and_their_options(typed, offered):
    words = typed.split()
    done = subprocess.run(
        [sys.executable, "-m", "drawscape"],
        env={
            **os.environ,
            "_DRAWSCAPE_COMPLETE": "bash_complete",
            "COMP_WORDS": typed,
            "COMP_CWORD": str(len(words) - 1),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    items = [line.partition(",")[2] for line in done.stdout.split()]
    assert (offered in items) if offered else items == []
