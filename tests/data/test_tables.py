"""Tables from JSON, Parquet and Excel, and back."""

import csv
import datetime
import io
import json
import tempfile
from pathlib import Path

import duckdb
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import rounds

from drawscape.data import Options, convert
from drawscape.errors import DataError, UnknownNameError


def rows(bench, content, source="in.json", **options):
    return bench.text(content, source, "out.csv", **options).splitlines()


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        # Arrays, lines and loose objects; a byte order mark; no records at all.
        ('[{"a":1,"b":"x"},{"a":2}]', ["a,b", "1,x", "2,"]),
        ('{"a":1,"b":"x"}\n{"a":2}\n', ["a,b", "1,x", "2,"]),
        ('{\n "a":1,\n "b":"x"\n}\n{"a":2}', ["a,b", "1,x", "2,"]),
        *(('[{"a":"Zoë"}]'.encode(code), ["a", "Zoë"]) for code in ("utf-8-sig", "utf-16")),
        *((nothing, []) for nothing in ("", "[]", "\n", "[\n]\n")),
        # Keys become columns in the order of their coming, whatever they are; nested values stay JSON.
        ('[{"z":1},{"a":2,"z":3},{"m":4}]', ["z,a,m", "1,,", "3,2,", ",,4"]),
        ('[{"a":1,"A":2}]', ["a,A_2", "1,2"]),
        (
            '[{"a.b":1,"x\\"y":2,"/~":3,"":4,"\'; DROP TABLE t; --":5}]',
            ['a.b,"x""y",/~,column_4,\'; DROP TABLE t; --', "1,2,3,4,5"],
        ),
        ('[{"a":{"b":[1,"x"]},"c":[]}]', ["a,c", '"{""b"":[1,""x""]}",[]']),
    ],
)
def test_records_become_rows(bench, content, lines):
    assert rows(bench, content) == lines


def test_keys_that_a_record_lacks_stay_away_between_json_files(bench):
    assert bench.text('[{"a":1},{"b":null}]', "in.json", "out.ndjson") == '{"a":1}\n{"b":null}\n'


def test_records_that_are_no_objects_make_one_column(bench):
    assert rows(bench, '[1,{"a":2}]') == ["value", "1", '"{""a"":2}"']
    assert bench.last.notes == ("records that are not objects: 1; all are in 'value'",)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        *((text, "Malformed JSON") for text in ("{a:1}", '{"a" 1}', "hello")),
        ('[{"a":1}] x', r"last character is not \]"),
        *((text, None) for text in ('[{"a":1},', '[{"a":1}', '{"a":1}\n{"b":')),  # cut off
        ('{"a":1}\n{"a" 2}\n{"a":3}\n', "in line 2: "),
        ('[{"a":1},\n{"a":2},\n{"a" 3}]', "in record/value 3: "),
    ],
)
def test_what_is_no_json_is_refused_and_its_place_named(bench, content, words):
    with pytest.raises(DataError, match=words):
        rows(bench, content, "in.ndjson" if words == "in line 2: " else "in.json")


CSV = """id,zip,price,big,flag,day,at,name
1,007,1.50,123456789012345678901234567890,true,2024-01-02,2024-01-02T03:04:05,"=1+1"
2,012,2,5,false,2024-12-31,2024-01-02 03:04,
"""


def described(path):
    rows = duckdb.sql(f"DESCRIBE SELECT * FROM '{path}'").fetchall()
    return {row[0]: row[1] for row in rows}


def test_parquet_gets_types(bench):
    found = described(bench.convert(CSV, "in.csv", "out.parquet"))
    assert " ".join(found) == "id zip price big flag day at name"
    types = "BIGINT VARCHAR DOUBLE DECIMAL(38,0) BOOLEAN DATE TIMESTAMP VARCHAR"
    assert " ".join(found.values()) == types


@pytest.mark.parametrize("target", ["csv", "xlsx", "json", "ndjson"])
def test_what_lies_deep_in_a_value_is_written_as_it_is_outside(bench, tmp_path, target):
    """NaN is no JSON at any depth; bytes and times with a zone look alike wherever they stand."""
    duckdb.sql(
        "COPY (SELECT {'bytes': '\\xff'::BLOB, 'none': NULL::DOUBLE, "
        "'list': [{'zoned': TIMESTAMPTZ '2024-01-02 03:04:05+02'}, NULL]} AS struct, "
        "['nan'::DOUBLE, 1.5] AS list, MAP {'k y': ['inf'::FLOAT]} AS map, NULL::DOUBLE[] AS nothing, "
        "'-inf'::DOUBLE AS top) "
        f"TO '{tmp_path}/made.parquet'"
    )
    made = bench.convert(tmp_path / "made.parquet", "in.parquet", f"out.{target}")
    (row,) = (
        bench.records(made, f"back.{target}") if target != "json" else json.loads(made.read_text())
    )
    assert row.pop("top") == ("-inf" if target == "csv" else None)
    if target in ("csv", "xlsx"):
        row = {name: value and json.loads(value) for name, value in row.items()}
    struct = {"bytes": "/w==", "none": None, "list": [{"zoned": "2024-01-02T01:04:05Z"}, None]}
    others = {"list": [None, 1.5], "map": {"k y": [None]}, "nothing": None}
    assert row == {"struct": struct, **others}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("2024-01-02T03:04:05", "TIMESTAMP", "2024-01-02 03:04:05"),
        ("2024-01-02T03:04", "TIMESTAMP", "2024-01-02 03:04:00"),
        ("2024-01-02 03:04", "TIMESTAMP", "2024-01-02 03:04:00"),
        (" 2024-01-02", "DATE", "2024-01-02"),
        ("2024-01-02T03:04:05Z", "TIMESTAMP WITH TIME ZONE", "2024-01-02 03:04:05+00"),
        ("2024-01-02T03:04Z", "TIMESTAMP WITH TIME ZONE", "2024-01-02 03:04:00+00"),
        ("2024-01-02 03:04:05.5+02:00", "TIMESTAMP WITH TIME ZONE", "2024-01-02 01:04:05.5+00"),
        ("2024-01-02T03:04:05-0330", "TIMESTAMP WITH TIME ZONE", "2024-01-02 06:34:05+00"),
        ("2024-01-02T25:04:05Z", "VARCHAR", "2024-01-02T25:04:05Z"),
        ("2024-01-02T03:04:05X", "VARCHAR", "2024-01-02T03:04:05X"),
    ],
)
def test_iso_times_are_times_in_parquet(bench, text, kind, value):
    made = bench.convert(f"a,b\n{text},x\nNA,y\n{text},z\n", "in.csv", "o.parquet", header=True)
    assert described(made)["a"] == kind
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        rows = connection.execute(f"SELECT a::VARCHAR FROM '{made}'").fetchall()
    assert rows == [(value,), (None if kind != "VARCHAR" else "NA",), (value,)]


def test_all_that_parquet_holds_goes_into_a_sheet(bench, tmp_path):
    duckdb.sql(
        "COPY (SELECT 'inf'::DOUBLE AS inf, 'nan'::FLOAT AS nan, 1.25::DECIMAL(9,2) AS dec, "
        "123456789012345678.5::DECIMAL(20,1) AS long, '\\xff'::BLOB AS blob, [1, 2] AS list, "
        "TIME '01:02:03' AS time, TIMESTAMPTZ '2024-01-02 03:04:05+00' AS zoned, "
        "DATE '1850-01-01' AS old, uuid() AS uuid, INTERVAL 90 MINUTE AS span, {'a': 1} AS struct, "
        f"NULL::INTEGER AS none) TO '{tmp_path}/made.parquet'"
    )
    made = bench.convert(tmp_path / "made.parquet", "in.parquet", "out.xlsx")
    row = [cell.value for cell in openpyxl.load_workbook(made).active[2]]
    assert row[:6] == [None, None, 1.25, "123456789012345678.5", "/w==", "[1,2]"]
    assert row[6] == "01:02:03"
    assert row[7] == "2024-01-02T03:04:05Z"
    assert row[8] == "1850-01-01"
    assert row[12] is None


def test_an_excel_sheet_gets_types_and_no_formulas(bench):
    made = bench.convert(CSV, "in.csv", "out.xlsx")
    sheet = openpyxl.load_workbook(made).active
    header, first, second = ([cell.value for cell in row] for row in sheet.iter_rows())
    assert header == ["id", "zip", "price", "big", "flag", "day", "at", "name"]
    assert first[:5] == [1, "007", 1.5, "123456789012345678901234567890", True]
    assert first[5] == datetime.datetime(2024, 1, 2)
    assert first[6] == datetime.datetime(2024, 1, 2, 3, 4, 5)
    assert second[7] is None
    assert sheet["H2"].data_type == "s"
    assert sheet["H2"].value == "=1+1"
    back = bench.text(made, "again.xlsx", "back.csv").splitlines()[1:]
    assert back[0] == (
        "1,007,1.5,123456789012345678901234567890,true,2024-01-02,2024-01-02 03:04:05,=1+1"
    )
    assert back[1] == "2,012,2,5,false,2024-12-31,2024-01-02 03:04:00,"


def test_a_sheet_is_chosen_by_name_or_number(bench, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["a"])
    other = book.create_sheet("Preise")
    other.append(["b"])
    other.append([2])
    book.save(tmp_path / "book.xlsx")
    for sheet in ("Preise", 1):
        assert bench.records(tmp_path / "book.xlsx", "in.xlsx", sheet=sheet) == [{"b": 2}]
    with pytest.raises(UnknownNameError, match="sheet 'Preis'; did you mean 'Preise'"):
        bench.records(tmp_path / "book.xlsx", "in.xlsx", sheet="Preis")


def test_what_does_not_fit_a_sheet_is_refused(bench):
    with pytest.raises(DataError, match=r"40,000 characters does not fit an Excel cell"):
        bench.convert(f"a,b\n{'x' * 40_000},1\n", "in.csv", "out.xlsx")


@pytest.mark.parametrize("source", ["in.xlsx", "in.parquet"])
def test_a_file_that_is_not_what_its_suffix_says_is_refused(bench, source):
    with pytest.raises(DataError, match=r"in\.(xlsx|parquet)"):
        bench.convert("a,b\n1,2\n", source, "out.csv")


def test_formulas_are_made_safe_for_spreadsheets_on_request(bench):
    csv = "=a,b\n=1+1,-5\n@x,+cmd|x\n-3.5,plain\n"
    made = bench.text(csv, "in.csv", "out.csv", safe_formulas=True)
    assert made == "'=a,b\n'=1+1,-5\n'@x,'+cmd|x\n-3.5,plain\n"
    assert "'" not in bench.text(csv, "in.csv", "out.csv")


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
PATIENT = settings(max_examples=rounds(8, 40), suppress_health_check=list(HealthCheck))


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
