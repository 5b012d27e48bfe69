"""Small files, converted for real."""

import json
from pathlib import Path

import pytest

from drawscape.data import Conversion, Options, convert


class Bench:
    """Writes a source, converts it, reads the result; `last` is what the conversion said."""

    def __init__(self, folder):
        self.folder = folder
        self.last: Conversion

    def convert(self, content, source, target, **options):
        path = self.folder / source
        if isinstance(content, Path):
            content = content.read_bytes()
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        made, said = self.folder / "made" / target, Options.of(options)
        scratch = self.folder / "scratch"
        self.last = convert(path, made, scratch=scratch, options=said, memory_mb=512)
        return self.last.path

    def records(self, content, source="in.csv", **options):
        return json.loads(self.convert(content, source, "out.json", **options).read_text())

    def text(self, content, source, target, **options):
        return self.convert(content, source, target, **options).read_text(encoding="utf-8")


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)
