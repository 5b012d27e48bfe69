"""Whatever the cells hold, they come back through every format."""

import csv
import io
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drawscape.data import Options, convert

# Surrogates are no text; NUL is tested by itself, since Python's csv writer knows it only since 3.11.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
CELLS = st.one_of(
    TEXTS,
    st.integers(-(10**30), 10**30).map(str),
    st.floats(allow_nan=False).map(repr),
    st.sampled_from(
        ["", "007", "true", "NULL", "null", "2024-01-02", "'", '"', ",", "\r", "\n", "\\"]
    ),
)
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=5)
)
PATIENT = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


def _through(formats, rows, **options):
    """Write the rows as a CSV file, lead it through the formats, read the records at the end."""
    names = [f"n{place}" for place in range(len(rows[0]))]
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([names, *rows])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "0.csv"
        path.write_bytes(written.getvalue().encode())
        for place, suffix in enumerate([*formats, "json"], start=1):
            target = Path(folder) / f"{place}.{suffix}"
            said = Options.of(options if path.suffix == ".csv" else {})
            convert(path, target, scratch=Path(folder), options=said, memory_mb=256)
            path = target
        return json.loads(path.read_text())


def _same(value, text):
    """Whether a JSON value says what the cell said."""
    if value is None:
        return text == ""
    if isinstance(value, bool):
        return str(value).lower() == text.lower()
    if isinstance(value, int):
        return str(value) == text
    return value == float(text) if isinstance(value, float) else value == text


@pytest.mark.slow
@PATIENT
@given(TABLES)
def test_texts_come_back_through_parquet(rows):
    records = _through(["parquet"], rows, types="text", header=True)
    assert [list(record.values()) for record in records] == rows


@PATIENT
@given(TABLES)
def test_guessed_types_say_what_the_texts_said(rows):
    records = _through([], rows, header=True)
    for record, row in zip(records, rows, strict=True):
        assert all(map(_same, record.values(), row)), (record, row)
