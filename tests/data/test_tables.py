"""Tables: what DuckDB reads, what it types, and what is refused with its reason."""

import csv
import json
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import rounds

from drawscape.errors import DataError, UnknownNameError

TWO = [{"a": 1, "b": "x y"}, {"a": 2, "b": "z"}]
ZOE = [{"name": "Zoë", "n": 1}]


@pytest.mark.parametrize(
    ("content", "options", "records"),
    [
        # The delimiter is found, or given.
        *((f"a{d}b\n1{d}x y\n2{d}z\n", {}, TWO) for d in ",;\t|"),
        ("a~b,c\n1~2,3\n", {"delimiter": "~", "decimal": ","}, [{"a": 1, "b,c": 2.3}]),
        # Quotes hold delimiters, line ends and quotes; others are given.
        ('a,b\n"x, ""y""","l1\r\nl2"\n', {}, [{"a": 'x, "y"', "b": "l1\r\nl2"}]),
        ("a;b\n'x;y';1\n", {"quote": "'"}, [{"a": "x;y", "b": 1}]),
        *((end.join(["a,b", "1,x y", "2,z", ""]), {}, TWO) for end in ("\n", "\r\n", "\r")),
        ("a,b\n1,x y\n2,z", {}, TWO),
        # Encodings.
        *(
            ("name,n\nZoë,1\n".encode(encoding), {"encoding": encoding}, ZOE)
            for encoding in ("latin-1", "utf-16")
        ),
        ("name,n\nZoë,1\n".encode("utf-8-sig"), {}, ZOE),
        # The header is found, or given; lines before it are skipped on request.
        ("1,x\n", {}, [{"column0": 1, "column1": "x"}]),
        ("x,y\n", {"header": False}, [{"column0": "x", "column1": "y"}]),
        ("name,2023\nz,5\n", {"header": True}, [{"name": "z", "2023": 5}]),
        ("Report\nof today\na,b\n1,x y\n2,z\n", {"skip_rows": 2}, TWO),
        ("# 1,2\na,b\n1,x y\n2,z\n", {"skip_rows": 1}, TWO),
        # A row that begins like a comment is a row.
        ("a,b\n#1,x\n", {}, [{"a": "#1", "b": "x"}]),
        # An empty cell is null, and quotes make an empty text.
        ('a,b\n,x\n"",y\n', {}, [{"a": None, "b": "x"}, {"a": "", "b": "y"}]),
        # Types are DuckDB's.
        ("a;b\n1234,5;x\n", {"decimal": ","}, [{"a": 1234.5, "b": "x"}]),
        ("a,b\n007,+49\n", {"header": True}, [{"a": "007", "b": "+49"}]),
        ("a\n12345678901234567890123\n", {}, [{"a": 12345678901234567890123}]),
        ("a\nnan\n1.5\n", {}, [{"a": None}, {"a": 1.5}]),
        (f"a,b\n{'x' * 3_000_000},1\n", {}, [{"a": "x" * 3_000_000, "b": 1}]),
        ("a,b\n", {}, []),
    ],
)
def test_a_file_is_read_as_it_is_meant(bench, content, options, records):
    assert bench.records(content, **options) == records


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        ("a,b\n1,2\n3\n", {}, "row 3: Expected Number of Columns: 2 Found: 1"),
        ("a,b\n1,2\n3,4\n5,6,7\n", {}, "row 4: Expected Number of Columns: 2 Found: 3"),
        # Lines that DuckDB alone would drop without a word.
        ("Report\nof today\na,b\n1,x\n2,z\n", {}, "row 3: Expected Number of Columns: 1 Found: 2"),
        ("# today's\na,b\n1,2\n", {}, "row 2: Expected Number of Columns: 1 Found: 2"),
        ("a,b\n1,2\n# 3\n4,5\n", {}, "row 3: "),
        ('a,b\n1,2\n"open,4\n5,6\n', {}, "is a quote not closed"),
        ("a,b\r\n1,2\n3,4\r\n", {}, "are line ends mixed"),
        ("name,n\nZoë,1\n".encode("latin-1"), {}, "row 2: .*not utf-8 encoded"),
        (b"name\n\xff\n", {"encoding": "utf-16"}, "is not utf-16"),
        (b"\x1f\x8b\b\0a,b\n1,2\n", {}, "row 1: "),
        ("", {}, "is empty"),
        ("a,b\n1,x\n", {"delimiter": ",,,,,"}, "delim"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place_and_reason(bench, content, options, words):
    with pytest.raises(DataError, match=rf"'in\.csv',? ?.*{words}") as refused:
        bench.records(content, **options)
    assert "ignore_errors" not in str(refused.value)  # DuckDB's advice is about its own options
    assert list(bench.folder.glob("made/*")) == []


@pytest.mark.parametrize(
    ("options", "error", "named"),
    [
        ({"delimeter": ";"}, UnknownNameError, "did you mean 'delimiter'"),
        ({"encoding": "latin-99"}, DataError, "does not support the encoding"),
        ({"header": object()}, DataError, "not a valid option value"),
    ],
)
def test_a_wrong_option_is_named(bench, options, error, named):
    with pytest.raises(error, match=named):
        bench.records("a,b\n1,x\n", **options)


def test_options_of_cells_are_refused_for_another_kind_of_file(bench):
    with pytest.raises(DataError, match="options are for CSV and TSV files, this is json"):
        bench.records('[{"a": 1}]', "in.json", delimiter=";")


def test_a_column_is_a_number_only_if_every_row_is(bench):
    many = "".join(f"{n},{n}\n" for n in range(30_000))
    records = bench.records(f"a,b\n{many}1,last\n")
    assert records[0] == {"a": 0, "b": "0"}
    assert records[-1] == {"a": 1, "b": "last"}


def test_a_text_file_keeps_its_texts(bench):
    text = "a,b,c,d\n1.50,0x10,2024-01-02T03:04Z,yes\n2.00,0x11,2024-01-02T03:05Z,no\n"
    assert bench.text(text, "in.csv", "out.tsv") == text.replace(",", "\t")


@pytest.mark.parametrize("target", ["json", "ndjson", "csv", "tsv", "parquet"])
def test_a_header_alone_is_a_table_without_rows(bench, target):
    bench.convert("a,b\n", "in.csv", f"out.{target}")
    assert bench.last.rows == 0


@pytest.mark.parametrize("name", ["a*.csv", "a?.csv", "a[b].csv", "a*[x]?'b.csv"])
def test_a_file_name_with_wildcards_is_that_file(bench, name):
    (bench.folder / "ab.csv").write_text("a\n666\n")
    assert bench.records("a\n1\n", name) == [{"a": 1}]


# JSON

KEYS = [f"k{number}" for number in range(300)]


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ('[{"a":1,"b":"x"},{"a":2}]', ["a,b", "1,x", "2,"]),
        ('{"a":1,"b":"x"}\n{"a":2}\n', ["a,b", "1,x", "2,"]),
        ('{\n "a":1,\n "b":"x"\n}\n{"a":2}', ["a,b", "1,x", "2,"]),
        ('[{"a":"Zoë"}]'.encode("utf-8-sig"), ["a", "Zoë"]),
        ('[{"z":1},{"a":2,"z":3},{"m":4}]', ["z,a,m", "1,,", "3,2,", ",,4"]),
        ('[{"a":"007"}]', ["a", "007"]),
        (json.dumps([dict.fromkeys(KEYS, 1)]), [",".join(KEYS), ",".join(["1"] * 300)]),
    ],
)
def test_records_become_rows(bench, content, lines):
    assert bench.text(content, "in.json", "out.csv").splitlines() == lines


def test_records_stay_as_they_are_between_json_files(bench):
    records = '{"a":12345678901234567890123}\n{"b":null}\n{"at":"2024-01-02T03:04:05Z"}\n'
    array = bench.text(records, "in.ndjson", "out.json")
    assert bench.text(array, "in.json", "out.ndjson") == records


BY_NIGHT = [pytest.param(one, marks=pytest.mark.nightly) for one in ("out.csv", "out.ndjson")]


@pytest.mark.parametrize("target", ["out.parquet", *BY_NIGHT])
@pytest.mark.parametrize(
    ("source", "content", "words"),
    [
        *(("in.json", text, "Malformed JSON") for text in ("{a:1}", '{"a" 1}', "hello")),
        *(("in.json", text, "was it cut off") for text in ('[{"a":1},', '[{"a":1}', '[{"a":1}] x')),
        ("in.ndjson", '{"a":1}\n{"b":', "in line 2"),
        ("in.ndjson", '{"a":1}\n{"a" 2}\n{"a":3}\n', "in line 2"),
        ("in.json", '[{"a":1},\n{"a":2},\n{"a" 3}]', "in record/value 3"),
    ],
)
def test_what_is_no_json_is_refused_and_its_place_named(bench, source, content, words, target):
    with pytest.raises(DataError, match=words):
        bench.convert(content, source, target)
    assert list(bench.folder.glob("made/*")) == []


# Parquet


CSV = """id,zip,price,big,flag,day,at,name
1,007,1.50,123456789012345678901234567890,true,2024-01-02,2024-01-02T03:04:05,"=1+1"
2,012,2,5,false,2024-12-31,2024-01-02 03:04:00,
"""


def test_parquet_gets_types_and_every_digit(bench):
    made = bench.convert(CSV, "in.csv", "out.parquet")
    rows = duckdb.sql(f"DESCRIBE SELECT * FROM '{made}'").fetchall()
    found = {row[0]: row[1] for row in rows}
    assert " ".join(found) == "id zip price big flag day at name"
    types = "BIGINT VARCHAR DOUBLE DECIMAL(38,0) BOOLEAN DATE TIMESTAMP VARCHAR"
    assert " ".join(found.values()) == types
    back = bench.records(made, "back.parquet")
    assert (back[0]["big"], back[0]["zip"]) == (123456789012345678901234567890, "007")


def test_a_number_that_json_lacks_is_null_there(bench, tmp_path):
    query = "SELECT 'nan'::DOUBLE AS a, 'inf'::FLOAT AS b, 1.5 AS c"
    duckdb.sql(f"COPY ({query}) TO '{tmp_path}/made.parquet'")
    made = tmp_path / "made.parquet"
    assert bench.records(made, "in.parquet") == [{"a": None, "b": None, "c": 1.5}]


def test_a_file_that_is_not_what_its_suffix_says_is_refused(bench):
    with pytest.raises(DataError, match=r"in\.parquet"):
        bench.convert("a,b\n1,2\n", "in.parquet", "out.csv")


# Any text survives

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
CELLS = st.one_of(
    TEXTS,
    st.integers(-(10**30), 10**30).map(str),
    st.sampled_from(["007", "true", "NULL", "null", "2024-01-02", "'", '"', ",", "\r", "\n", "\\"]),
)
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=5)
)
SLOW = settings(max_examples=rounds(5, 200), suppress_health_check=list(HealthCheck), deadline=None)


@SLOW
@given(TABLES)
def test_texts_come_back_through_tsv_and_csv(bench, rows):
    header = [f"n{number}" for number in range(len(rows[0]))]
    text = "\n".join(
        ",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [header, *rows]
    )
    path = bench.convert(text.encode(), "1.csv", "2.tsv", header=True)
    path = bench.convert(path, "2.tsv", "3.csv", header=True)
    with Path(path).open(encoding="utf-8", newline="") as made:
        assert [*csv.reader(made)] == [header, *rows]
