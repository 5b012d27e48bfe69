"""CSV as people write it: delimiters, encodings, headers, and the types of its columns."""

import pytest

from drawscape.errors import DataError, ParameterError, UnknownNameError


@pytest.mark.parametrize(
    "text",
    [
        "Aruba,1960,1961\nAfrica,1962,1971\n",
        "Aruba,1960,4.8\nAfrica,x,4.7\n",
        "x,1960,1960\ny,1,2\n",
        "Aruba,1960\n",
        "2024-01-02,x\n2024-01-03,y\n",
        ".5,x\n.6,y\n",
    ],
)
def test_a_first_row_of_values_is_data_and_the_log_says_so(bench, text):
    assert len(bench.records(text)) == len(text.splitlines())
    assert "so it is data; header=True if it is not" in bench.last.notes[0]


TWO = [{"a": 1, "b": "x y"}, {"a": 2, "b": "z"}]
ZOE = [{"name": "Zoë", "n": 1}]


@pytest.mark.parametrize(
    ("content", "options", "records"),
    [
        # The delimiter is found, or given.
        *((f"a{d}b\n1{d}x y\n2{d}z\n", {}, TWO) for d in ",;\t|"),
        *((f"sep={d}\r\na{d}b\r\n1{d}x y\r\n2{d}z\r\n", {}, TWO) for d in ";,\t"),
        ("a~b,c\n1~2,3\n", {"delimiter": "~", "decimal": ","}, [{"a": 1, "b,c": 2.3}]),
        # Quotes hold delimiters, line ends and quotes; others are given.
        ('a,b\n"x, ""y""","l1\r\nl2"\n', {}, [{"a": 'x, "y"', "b": "l1\r\nl2"}]),
        (
            "a;b\n'x;y';1\n'it\\'s';2\n",
            {"quote": "'", "escape": "\\"},
            [{"a": "x;y", "b": 1}, {"a": "it's", "b": 2}],
        ),
        ('a,b\n5" pipe,"x\n', {"quote": ""}, [{"a": '5" pipe', "b": '"x'}]),
        # Line ends of each kind, and of several; those within cells become one kind then.
        *((end.join(["a,b", "1,x y", "2,z", ""]), {}, TWO) for end in ("\n", "\r\n", "\r")),
        ("a,b\n1,x y\n2,z", {}, TWO),
        ("a,b\r\n1,x y\n2,z\r\n", {}, TWO),
        ('a;b\r\n"x\r\ny";2\n"u\nv""";3\r\n', {}, [{"a": "x\ny", "b": 2}, {"a": 'u\nv"', "b": 3}]),
        # Encodings, by name or by the mark.
        *(
            ("name,n\nZoë,1\n".encode(encoding), {"encoding": encoding}, ZOE)
            for encoding in ("latin-1", "cp1252", "utf-16", "utf-16-le", "utf-32", "cp037")
        ),
        *(('"name",n\nZoë,1\n'.encode(encoding), {}, ZOE) for encoding in ("utf-8-sig", "utf-16")),
        ('"a,b"\nx\ny\n', {}, [{"a,b": "x"}, {"a,b": "y"}]),
        ('"a,b",n\n1,2\n'.encode("utf-8-sig"), {"header": True}, [{"a,b": 1, "n": 2}]),
        # The header is seen, or given; lines before it are skipped.
        ("1,x\n", {}, [{"column0": 1, "column1": "x"}]),
        ("x,y\n", {"header": False}, [{"column0": "x", "column1": "y"}]),
        ("name,2023\nz,5\n", {"header": True}, [{"name": "z", "2023": 5}]),
        ("Report\nof today\na,b\n1,x y\n2,z\n", {"skip_rows": 2}, TWO),
        ("Report\n\n\na,b\n1,x y\n2,z\n", {"skip_rows": 1}, TWO),
        ("\n\na,b\n1,x y\n2,z\n", {}, TWO),
        ("\ufeff\r\na,b\r\n1,x y\r\n2,z\r\n", {"header": True}, TWO),
        ("sep=;\n\na;b\n1;x y\n2;z\n", {}, TWO),
        ("a, b\n 1 , x y \n2,z\n", {"strip": True}, TWO),
        (b"a,b\nx\x00y,1\n", {}, [{"a": "x\x00y", "b": 1}]),
        # Names are given, or made unique.
        ("1,x\n", {"columns": ["n", "text"]}, [{"n": 1, "text": "x"}]),
        ("a,A,,a\n1,2,3,4\n", {"header": True}, [{"a": 1, "A_1": 2, "column2": 3, "a_2": 4}]),
        # An empty cell is null, and quotes make an empty text; other texts for nothing are named.
        ('a,b\n,x\n"",y\n', {}, [{"a": None, "b": "x"}, {"a": "", "b": "y"}]),
        ("a\nNA\n-\n7\n", {"nulls": ["NA", "-"]}, [{"a": None}, {"a": None}, {"a": 7}]),
        # Types are given; one that is asked for takes NA for no value.
        ("a\n1\nNA\n", {"types": {"a": "integer"}}, [{"a": 1}, {"a": None}]),
        ("a\n1\nNA\n", {"types": "text"}, [{"a": "1"}, {"a": "NA"}]),
        ("a,n\n1,1\n", {"types": {"a": "text", "n": "decimal(10,2)"}}, [{"a": "1", "n": 1.0}]),
        ("a\n31/12/2024\n", {"date_format": "%d/%m/%Y"}, [{"a": "2024-12-31"}]),
        ("a;b\n1.234,5;x\n", {"decimal": ",", "thousands": "."}, [{"a": 1234.5, "b": "x"}]),
        ("", {}, []),
    ],
)
def test_a_file_is_read_as_it_is_meant(bench, content, options, records):
    assert bench.records(content, **options) == records


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ('a,b\n"1\n1",2\n3\n', {}, "line 4: 1 cell where 2 are expected.*ragged='pad'"),
        ("a,b\r\n1,2\n3,4\r\n5,6,7\n", {}, "line 4: 3 cells where 2 are expected"),
        ('a,b\n1,2\n"open,4\n5,6\n', {}, "line 3: a quote is not closed"),
        ("# today's\na,b\n1,2\n", {}, "line 2: 2 cells where 1 is expected.*skip_rows"),
        ('a,b\n1\n"x"y,2\n', {"ragged": "skip"}, "line 3: "),
        ('a,b\n1\n"x"y,2\n', {"ragged": "pad"}, "line 3: "),
        (b"\x1f\x8b\b\0a,b\n1,2\n", {}, "a packed file"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(bench, text, options, words):
    with pytest.raises(DataError, match=rf"'in\.csv', {words}"):
        bench.records(text, **options)


@pytest.mark.parametrize(("end", "place"), [("\n", 0), ("\r\n", 50_000)])
def test_a_wrong_encoding_is_refused_with_advice(bench, place, end):
    before = "".join(f"{n},abcdefghijklmnopqrstuvwxyz\n" for n in range(place))
    with pytest.raises(DataError, match=r"not utf-8.*encoding='cp1252'"):
        bench.records(f"n,name{end}{before}1,Zo\xeb\n".encode("latin-1"))


def test_ragged_rows_are_skipped_and_counted(bench):
    found = bench.records("a,b\n1,2\n3\n4,5,6\n7,8\n", ragged="skip")
    assert found == [{"a": 1, "b": 2}, {"a": 7, "b": 8}]
    assert bench.last.notes == ("2 ragged rows skipped, the first in line 3",)


def test_ragged_rows_are_padded(bench):
    rows = "1,2\n" * 300
    found = bench.records(f"a,b\n{rows}3\n4,5,6\n", ragged="pad")
    assert found[299:] == [
        {"a": 1, "b": 2, "column2": None},
        {"a": 3, "b": None, "column2": None},
        {"a": 4, "b": 5, "column2": 6},
    ]
    assert "padded with empty ones" in bench.last.notes[0]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("skip_rows", [0, 1])
def test_a_line_is_named_as_an_editor_counts_it(bench, end, skip_rows):
    lines = ["report", "a,b", '"1', '1",2', "", "3,4", "5"]
    text = end.join(lines[1 - skip_rows :]) + end
    with pytest.raises(DataError, match=rf"'in\.csv', line {6 + skip_rows}: 1 cell"):
        bench.records(text, skip_rows=skip_rows)


@pytest.mark.parametrize(("ragged", "target"), [("skip", "csv"), ("pad", "parquet")])
def test_ragged_rows_and_mixed_line_ends_and_another_encoding_at_once(bench, ragged, target):
    content = "a;b\r\nZoë;2\n3\r\n4;5;6\n".encode("cp1252")
    made = bench.convert(content, "in.csv", f"out.{target}", ragged=ragged, encoding="cp1252")
    assert bench.last.rows == (1 if ragged == "skip" else 3)
    assert ("2 ragged rows" if ragged == "skip" else "padded") in bench.last.notes[0]
    assert bench.records(made, f"back.{target}")[0]["a"] == "Zoë"


@pytest.mark.parametrize("target", ["json", "ndjson", "csv", "tsv", "xlsx", "parquet"])
def test_a_header_alone_is_a_table_without_rows(bench, target):
    bench.convert("a,b\n", "in.csv", f"out.{target}")
    assert (bench.last.rows, bench.last.columns) == (0, ("a", "b"))


def test_a_long_cell_is_carried(bench):
    (record,) = bench.records(f"a,b\n{'x' * 1_000_000},1\n")
    assert len(record["a"]) == 1_000_000


def test_a_file_name_with_wildcards_is_that_file(bench):
    (bench.folder / "ab.csv").write_text("a\n666\n")
    assert bench.records("a,b\n1,2\n", "a*[x]?'b.csv") == [{"a": 1, "b": 2}]


@pytest.mark.parametrize(
    ("options", "error", "named"),
    [
        ({"delimeter": ";"}, UnknownNameError, "did you mean 'delimiter'"),
        ({"delimiter": ";;"}, ParameterError, "delimiter"),
        ({"delimiter": "\n"}, ParameterError, "delimiter"),
        ({"delimiter": '"'}, ParameterError, "must differ from quote"),
        ({"encoding": "latin-99"}, ParameterError, "encoding"),
        ({"encoding": "base64"}, ParameterError, "encoding"),
        ({"ragged": "maybe"}, ParameterError, "refuse, pad, skip"),
        ({"skip_rows": -1}, ParameterError, "skip_rows"),
        ({"nulls": "NA"}, ParameterError, "list of texts"),
        ({"types": "integer"}, ParameterError, "types"),
        ({"types": {"a": "integer); DROP TABLE x"}}, ParameterError, r"types\['a'\]"),
        ({"types": {"a": "decimal(99,2)"}}, ParameterError, r"types\['a'\]"),
        ({"thousands": "."}, ParameterError, "must differ from decimal"),
        ({"columns": ["n"]}, DataError, "has 2 columns, columns= names 1"),
        ({"types": {"b": "integer"}}, DataError, "column 'b': 'x' is not a BIGINT"),
        ({"types": {"c": "integer"}}, UnknownNameError, "column 'c'"),
    ],
)
def test_a_wrong_option_is_named(bench, options, error, named):
    with pytest.raises(error, match=named):
        bench.records("a,b\n1,x\n", **options)


def test_wide_tables_stay_text_and_say_so(bench):
    names = ",".join(f"c{n}" for n in range(2_001))
    (record,) = bench.records(f"{names}\n{','.join('1' * 2_001)}\n", header=True)
    assert record["c7"] == "1"
    assert "more than 2000 columns" in bench.last.notes[0]


def test_a_column_is_a_number_only_if_every_row_is(bench):
    many = "".join(f"{n},{n}\n" for n in range(30_000))
    records = bench.records(f"a,b\n{many}1,last\n")
    assert records[0] == {"a": 0, "b": "0"}
    assert records[-1] == {"a": 1, "b": "last"}


STAYS_TEXT = [
    "007", "+49", "0.12345678901234567890123", "0.12345678901234567", "1" * 60, "1e999", "00.5", "0x1F",
    "nan", "inf", "NA", "yes", "2024-02-30", "2024-01-02T03:04:05Z", "Zoë ☕ 漢字",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((text, text) for text in STAYS_TEXT),
        *((text, 7) for text in ("7", "7 ")),
        ("12345678901234567890123456789012345678", 12345678901234567890123456789012345678),
        *((text, float(text)) for text in ("1.50", "+1.5", ".5", "1.", "1e3", "+1e3")),
        *((text, 0.1) for text in ("1.000000000000000056e-01", "0.10000000000000001")),
        ("0.1234567890123456", 0.1234567890123456),
        ("TRUE", True),
    ],
)
def test_no_value_changes_its_meaning(bench, text, value):
    (record,) = bench.records(f"a,b\n{text},x\n", header=True)
    assert record == {"a": value, "b": "x"}


@pytest.mark.parametrize(
    ("missing", "text", "value"),
    [("NA", "7", 7), ("N/A", "1.5", 1.5), ("nan", "true", True), ('""', "7", 7), ("", "7", 7)],
)
def test_beside_values_na_and_nan_mean_that_there_is_none(bench, missing, text, value):
    records = bench.records(f"a,b\n{text},x\n{missing},NA\n{text},y\n", header=True)
    assert records == [{"a": value, "b": "x"}, {"a": None, "b": "NA"}, {"a": value, "b": "y"}]
