"""Modules are short enough to be read at one sitting, those of tests too."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST_LINES = 300


def test_no_module_is_longer_than_300_lines():
    modules = [
        path
        for folder in ("drawscape", "workers", "notebooks", "tests")
        for path in (ROOT / folder).rglob("*.py")
    ]
    assert len(modules) > 700
    lines = {path.relative_to(ROOT): path.read_bytes().count(b"\n") for path in modules}
    assert {path: count for path, count in lines.items() if count > MOST_LINES} == {}
