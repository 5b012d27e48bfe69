"""What a person reads of an error: the line that says what is wrong."""

import pytest

from drawscape.notebook.text import error_line


@pytest.mark.parametrize(
    ("last", "line"),
    [
        ("json.decoder.JSONDecodeError: Expecting value", "JSONDecodeError: Expecting value"),
        ("KeyError: 'a: b'", "KeyError: 'a: b'"),
        ("KeyboardInterrupt", "KeyboardInterrupt"),
        ("what it is: unknown", "what it is: unknown"),
    ],
)
def test_an_error_is_named_without_its_module(last, line):
    assert error_line(f"Traceback (most recent call last):\n  ...\n{last}\n") == line


def test_an_error_of_several_lines_is_shown_by_its_first():
    frames = '  File "a.py", line 1, in f\n    g()\n'
    first = f"Traceback (most recent call last):\n{frames}KeyError: 'a'\n\n"
    text = (
        f"{first}During handling of the above exception, another exception occurred:\n\n"
        f"Traceback (most recent call last):\n{frames}ValueError: no ink\n  at all\nnowhere\n"
    )
    assert error_line(text) == "ValueError: no ink"
