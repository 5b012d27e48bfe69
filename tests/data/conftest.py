"""Small files, converted for real."""

import json
from pathlib import Path

import pytest

from drawscape.data import Conversion, convert


class Bench:
    """Writes a source, converts it, reads the result; `last` is what the conversion returned."""

    def __init__(self, folder):
        self.folder = folder
        self.last: Conversion

    def convert(self, content, source, target, **options):
        path = self.folder / source
        if isinstance(content, Path):
            content = content.read_bytes()
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        made = self.folder / "made" / target
        self.last = convert(path, made, scratch=self.folder / "scratch", options=options)
        return self.last.path

    def records(self, content, source="in.csv", **options):
        return json.loads(self.convert(content, source, "out.json", **options).read_text())

    def text(self, content, source, target, **options):
        return self.convert(content, source, target, **options).read_bytes().decode()


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)
