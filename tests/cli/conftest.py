"""A real terminal for the commands that look different on one."""

import os
import sys
import warnings

import pexpect
import pytest


@pytest.fixture
def terminal():
    """Run `drawscape ARGUMENTS` at terminals of 24 lines, which are closed at the end of the test."""
    opened = []

    def open_one(*arguments, columns):
        # COLUMNS, which a parallel run of the tests sets, would outdo the terminal's own size.
        inherited = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
        options = {"dimensions": (24, columns), "encoding": "utf-8", "timeout": 120}
        options["env"] = {**inherited, "TERM": "xterm", "NO_COLOR": "1"}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what has forked here is at once another program
            screen = pexpect.spawn(sys.executable, ["-m", "drawscape", *arguments], **options)
        opened.append(screen)
        return screen

    yield open_one
    for one in opened:
        one.close(force=True)
