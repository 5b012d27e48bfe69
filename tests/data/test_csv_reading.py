"""What CSV files really look like, and what becomes of it."""

from __future__ import annotations

import pytest

from drawscape.errors import DataError, ParameterError, UnknownNameError


def test_a_column_is_a_number_only_if_every_row_is(bench) -> None:
    many = "".join(f"{n},{n}\n" for n in range(30_000))
    records = bench.records(f"a,b\n{many}1,last\n")
    assert records[0] == {"a": 0, "b": "0"}
    assert records[-1] == {"a": 1, "b": "last"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        ("-7", -7),
        ("007", "007"),
        ("+49", "+49"),
        ("1.50", 1.5),
        ("1e3", 1000.0),
        ("0.1234567890123456", 0.1234567890123456),
        ("0.12345678901234567890123", "0.12345678901234567890123"),
        ("9223372036854775808", 9223372036854775808),
        ("12345678901234567890123456789012345678", 12345678901234567890123456789012345678),
        ("1" * 60, "1" * 60),
        ("1e999", "1e999"),
        ("nan", "nan"),
        ("inf", "inf"),
        ("TRUE", True),
        ("false", False),
        ("yes", "yes"),
        (" 7", " 7"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("2024-02-30", "2024-02-30"),
        ("2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z"),
        ("Zoë ☕ 漢字", "Zoë ☕ 漢字"),
    ],
)
def test_no_value_changes_its_meaning(bench, text: str, value: object) -> None:
    (record,) = bench.records(f"a,b\n{text},x\n", header=True)
    assert record == {"a": value, "b": "x"}


def test_digits_survive_into_json(bench) -> None:
    digits = "12345678901234567890123456789"
    assert f'"a":{digits}' in bench.text(f"a\n{digits}\n", "in.csv", "out.ndjson")


def test_an_empty_cell_is_null_and_quotes_make_an_empty_text(bench) -> None:
    assert bench.records('a,b\n,x\n"",y\n') == [{"a": None, "b": "x"}, {"a": "", "b": "y"}]


def test_texts_that_mean_nothing_are_named(bench) -> None:
    assert bench.records("a,b\nNA,1\n-,2\n7,\n", nulls=["NA", "-"]) == [
        {"a": None, "b": 1},
        {"a": None, "b": 2},
        {"a": 7, "b": None},
    ]


def test_an_empty_quoted_cell_in_a_column_of_numbers_is_null(bench) -> None:
    assert bench.records('a,b\n"1","x"\n"","y"\n')[1] == {"a": None, "b": "y"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(bench, delimiter: str) -> None:
    text = "name,n;m|o\tp\n".replace(",", delimiter, 1).replace(";", "_").replace("|", "_")
    lines = f"a{delimiter}b\n1{delimiter}x y\n2{delimiter}z\n"
    assert bench.records(lines) == [{"a": 1, "b": "x y"}, {"a": 2, "b": "z"}]
    assert text


def test_a_delimiter_that_cannot_be_found_is_given(bench) -> None:
    assert bench.records("a~b,c\n1~2,3\n", delimiter="~", decimal=",") == [{"a": 1, "b,c": 2.3}]


def test_quotes_hold_delimiters_line_ends_and_quotes(bench) -> None:
    assert bench.records('a,b\n"x, ""y""","l1\r\nl2"\n') == [{"a": 'x, "y"', "b": "l1\r\nl2"}]


def test_another_quote_and_escape_are_given(bench) -> None:
    text = "a;b\n'x;y';1\n'it\\'s';2\n"
    assert bench.records(text, quote="'", escape="\\") == [
        {"a": "x;y", "b": 1},
        {"a": "it's", "b": 2},
    ]


def test_quotes_can_be_plain_characters(bench) -> None:
    assert bench.records('a,b\n5" pipe,"x\n', quote="") == [{"a": '5" pipe', "b": '"x'}]


@pytest.mark.parametrize(
    "encoding", ["latin-1", "cp1252", "utf-16", "utf-16-le", "utf-32", "cp037"]
)
def test_encodings_are_decoded(bench, encoding: str) -> None:
    text = "name,n\nZoë,1\n".encode(encoding)
    assert bench.records(text, encoding=encoding) == [{"name": "Zoë", "n": 1}]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_tells_the_encoding(bench, encoding: str) -> None:
    assert bench.records("name,n\nZoë,1\n".encode(encoding)) == [{"name": "Zoë", "n": 1}]


@pytest.mark.parametrize("place", [0, 50_000])
def test_a_wrong_encoding_is_refused_with_advice(bench, place: int) -> None:
    lines = ["n,name\n", *(f"{n},abcdefghijklmnopqrstuvwxyz\n" for n in range(place)), "1,Zo\xeb\n"]
    with pytest.raises(DataError, match=r"not utf-8.*encoding='cp1252'"):
        bench.records("".join(lines).encode("latin-1"))


def test_a_text_that_does_not_fit_its_named_encoding_is_refused(bench) -> None:
    with pytest.raises(DataError, match=r"'in\.csv' is not utf-16"):
        bench.records(b"odd", encoding="utf-16")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_will_do(bench, end: str) -> None:
    assert bench.records(end.join(["a,b", "1,2", "3,4", ""])) == [
        {"a": 1, "b": 2},
        {"a": 3, "b": 4},
    ]


def test_mixed_line_ends_will_do(bench) -> None:
    assert bench.records("a,b\r\n1,2\n3,4\r\n") == [{"a": 1, "b": 2}, {"a": 3, "b": 4}]


def test_a_last_line_without_an_end_counts(bench) -> None:
    assert bench.records("a,b\n1,2\n3,4")[-1] == {"a": 3, "b": 4}


def test_a_ragged_row_is_refused_with_its_line(bench) -> None:
    with pytest.raises(
        DataError, match=r"'in\.csv', line 4: 1 cells where 2 are expected.*ragged='pad'"
    ):
        bench.records('a,b\n"1\n1",2\n3\n')


def test_ragged_rows_are_skipped_and_counted(bench) -> None:
    assert bench.records("a,b\n1,2\n3\n4,5,6\n7,8\n", ragged="skip") == [
        {"a": 1, "b": 2},
        {"a": 7, "b": 8},
    ]
    assert bench.last.notes == ("2 ragged rows skipped (lines 3, 4)",)


def test_ragged_rows_are_padded_and_counted(bench) -> None:
    assert bench.records("a,b\n1,2\n3\n4,5,6\n", ragged="pad") == [
        {"a": 1, "b": 2, "column_3": None},
        {"a": 3, "b": None, "column_3": None},
        {"a": 4, "b": 5, "column_3": 6},
    ]
    assert "3 short rows padded" in bench.last.notes[0]


def test_a_broken_quote_is_refused_with_its_line(bench) -> None:
    with pytest.raises(DataError, match=r"'in\.csv', row from line 3"):
        bench.records('a,b\n1,2\n"open,4\n5,6\n')


@pytest.mark.parametrize("target", ["json", "ndjson", "csv", "tsv", "excel", "parquet"])
def test_an_empty_file_is_an_empty_table(bench, target: str) -> None:
    if target == "parquet":
        with pytest.raises(DataError, match="at least one column"):
            bench.convert("", "in.csv", f"out.{target}")
        return
    suffix = "xlsx" if target == "excel" else target
    bench.convert("", "in.csv", f"out.{suffix}")
    assert (bench.last.rows, bench.last.columns) == (0, ())
    assert bench.last.notes == ("the file is empty",)


@pytest.mark.parametrize("target", ["json", "ndjson", "csv", "tsv", "xlsx", "parquet"])
def test_a_header_alone_is_a_table_without_rows(bench, target: str) -> None:
    bench.convert("a,b\n", "in.csv", f"out.{target}")
    assert (bench.last.rows, bench.last.columns) == (0, ("a", "b"))


def test_a_file_without_a_header_is_seen_by_its_numbers(bench) -> None:
    assert bench.records("1,x\n2,y\n") == [
        {"column_1": 1, "column_2": "x"},
        {"column_1": 2, "column_2": "y"},
    ]


def test_the_header_can_be_told(bench) -> None:
    assert bench.records("x,y\nz,w\n", header=False)[0] == {"column_1": "x", "column_2": "y"}
    assert bench.records("name,2023\nz,5\n", header=True) == [{"name": "z", "2023": 5}]


def test_names_can_be_given(bench) -> None:
    assert bench.records("1,x\n", columns=["n", "text"]) == [{"n": 1, "text": "x"}]
    with pytest.raises(DataError, match="has 2 columns, columns= names 1"):
        bench.records("1,x\n", columns=["n"])


def test_double_and_blank_names_are_made_unique_and_told(bench) -> None:
    assert bench.records("a,A,,a\n1,2,3,4\n", header=True) == [
        {"a": 1, "A_2": 2, "column_3": 3, "a_3": 4}
    ]
    assert any("'A'" in note and "'A_2'" in note for note in bench.last.notes)


def test_lines_before_the_header_are_skipped(bench) -> None:
    assert bench.records("Report\nof today\na,b\n1,2\n", skip_rows=2) == [{"a": 1, "b": 2}]


def test_numbers_of_other_lands_are_told(bench) -> None:
    text = "land;summe\nde;1.234,50\nat;-7\n"
    records = bench.records(text, decimal=",", thousands=".")
    assert [r["summe"] for r in records] == [1234.5, -7.0]


def test_dates_of_other_lands_are_told(bench) -> None:
    records = bench.records("tag,n\n31/12/2024,1\n,2\n", date_format="%d/%m/%Y")
    assert [r["tag"] for r in records] == ["2024-12-31", None]


def test_types_can_be_told(bench) -> None:
    text = "plz,n,flag\n10115,1,1\n"
    assert bench.records(text, types="text") == [{"plz": "10115", "n": "1", "flag": "1"}]
    told = {"plz": "text", "n": "decimal(10,2)"}
    assert bench.records(text, types=told) == [{"plz": "10115", "n": 1.0, "flag": 1}]


def test_a_value_that_is_not_of_the_type_told_is_shown(bench) -> None:
    with pytest.raises(DataError, match="column 'b': 'x' is no BIGINT"):
        bench.records("a,b\n1,2\n2,x\n", types={"b": "integer"})
    with pytest.raises(UnknownNameError, match="column 'c'"):
        bench.records("a,b\n1,2\n", types={"c": "integer"})


def test_blanks_are_cut_on_request(bench) -> None:
    assert bench.records("a, b\n 1 , x \n", strip=True) == [{"a": 1, "b": "x"}]


def test_nuls_are_carried(bench) -> None:
    assert bench.records(b"a,b\nx\x00y,1\n") == [{"a": "x\x00y", "b": 1}]


def test_a_long_cell_is_carried(bench) -> None:
    (record,) = bench.records(f"a,b\n{'x' * 5_000_000},1\n")
    assert len(record["a"]) == 5_000_000


def test_a_file_name_with_wildcards_is_that_file(bench) -> None:
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
    ],
)
def test_a_wrong_option_is_named(bench, options, error, named: str) -> None:
    with pytest.raises(error, match=named):
        bench.records("a,b\n1,2\n", **options)


@pytest.mark.parametrize("target", ["csv", "tsv", "ndjson", "parquet", "xlsx"])
def test_what_only_the_slow_reader_takes_goes_into_any_format(bench, target: str) -> None:
    late = "".join(f"{n},x\r\n" for n in range(5_000))
    bench.convert(f"a,b\r\n{late}5,y\n6,z\r\n", "in.csv", f"out.{target}")
    assert bench.last.rows == 5_002


def test_wide_tables_stay_text_and_say_so(bench) -> None:
    names = ",".join(f"c{n}" for n in range(2_001))
    (record,) = bench.records(f"{names}\n{','.join('1' * 2_001)}\n", header=True)
    assert record["c7"] == "1"
    assert "more than 2000 columns" in bench.last.notes[0]
