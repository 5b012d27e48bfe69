"""What CSV files really look like, and what becomes of it."""

import pytest

from drawscape.errors import DataError, ParameterError, UnknownNameError


@pytest.mark.parametrize(
    "text",
    [
        "Country,Code,1960,1961\nAruba,ABW,4.8,4.7\n",
        "Country,1960\nAruba,\nAfrica,5\n",
        "1960,1961\n4.8,4.7\n",
        "Country,2000,2001\nAruba,2000,17\nAfrica,18.5,19\n",
    ],
)
def test_years_over_other_values_are_names(bench, text: str) -> None:
    names, *_ = text.splitlines()
    bench.records(text)
    assert bench.last.columns == tuple(names.split(","))
    assert bench.last.notes == ()


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
def test_a_first_row_of_values_is_data_and_the_log_says_so(bench, text: str) -> None:
    assert len(bench.records(text)) == len(text.splitlines())
    assert "so it is data; header=True if it is not" in bench.last.notes[0]


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_excel_s_separator_line_is_not_a_header(bench, delimiter: str) -> None:
    text = f"sep={delimiter}\r\na{delimiter}b\r\n1{delimiter}2,5\r\n".replace("2,5", "2")
    assert bench.records(text) == [{"a": 1, "b": 2}]


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


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_reports_the_encoding(bench, encoding: str) -> None:
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


def test_mixed_line_ends_hide_no_row_of_another_width(bench) -> None:
    text = 'a;b\r\n"x\r\ny";2\n"u\nv""";3\r\n'
    assert bench.records(text) == [{"a": "x\ny", "b": 2}, {"a": 'u\nv"', "b": 3}]
    assert bench.records("a;b\r\n'x\\'\r\ny';2\n4;3\r\n", quote="'", escape="\\") == [
        {"a": "x'\ny", "b": 2},
        {"a": "4", "b": 3},
    ]
    with pytest.raises(DataError, match=r"line 4: 3 cells where 2 are expected"):
        bench.records("a,b\r\n1,2\n3,4\r\n5,6,7\n")


def test_a_last_line_without_an_end_counts(bench) -> None:
    assert bench.records("a,b\n1,2\n3,4")[-1] == {"a": 3, "b": 4}


def test_a_ragged_row_is_refused_with_its_line(bench) -> None:
    with pytest.raises(
        DataError, match=r"'in\.csv', line 4: 1 cell where 2 are expected.*ragged='pad'"
    ):
        bench.records('a,b\n"1\n1",2\n3\n')


def test_ragged_rows_are_skipped_and_counted(bench) -> None:
    assert bench.records("a,b\n1,2\n3\n4,5,6\n7,8\n", ragged="skip") == [
        {"a": 1, "b": 2},
        {"a": 7, "b": 8},
    ]
    assert bench.last.notes == ("2 ragged rows skipped (lines 3, 4)",)


def test_ragged_rows_are_padded(bench) -> None:
    assert bench.records("a,b\n1,2\n3\n4,5,6\n", ragged="pad") == [
        {"a": 1, "b": 2, "column_3": None},
        {"a": 3, "b": None, "column_3": None},
        {"a": 4, "b": 5, "column_3": 6},
    ]
    assert "padded with empty ones" in bench.last.notes[0]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("skip_rows", [0, 1])
def test_a_line_is_named_as_an_editor_counts_it(bench, end: str, skip_rows: int) -> None:
    lines = ["report", "a,b", '"1', '1",2', "", "3,4", "5"]
    text = end.join(lines[1 - skip_rows :]) + end
    with pytest.raises(DataError, match=rf"'in\.csv', line {6 + skip_rows}: 1 cell"):
        bench.records(text, skip_rows=skip_rows)


@pytest.mark.parametrize("ragged", ["skip", "pad"])
@pytest.mark.parametrize("target", ["csv", "ndjson", "parquet", "xlsx"])
def test_ragged_rows_and_mixed_line_ends_and_another_encoding_at_once(
    bench, ragged: str, target: str
) -> None:
    content = "a;b\r\nZoë;2\n3\r\n4;5;6\n".encode("cp1252")
    made = bench.convert(content, "in.csv", f"out.{target}", ragged=ragged, encoding="cp1252")
    assert bench.last.rows == (1 if ragged == "skip" else 3)
    assert ("2 ragged rows" if ragged == "skip" else "padded") in bench.last.notes[0]
    assert bench.records(made, f"back.{target}")[0]["a"] == "Zoë"


@pytest.mark.parametrize("ragged", ["skip", "pad"])
def test_only_ragged_rows_are_forgiven(bench, ragged: str) -> None:
    with pytest.raises(DataError, match=r"line 3: "):
        bench.records('a,b\n1\n"x"y,2\n', ragged=ragged)


def test_many_skipped_rows_are_counted_and_the_first_named(bench) -> None:
    text = "a,b\n" + "".join(f"{n}\n{n},x\n" for n in range(1000))
    assert len(bench.records(text, ragged="skip")) == 1000
    assert bench.last.notes == ("1000 ragged rows skipped (lines 2, 4, 6, 8, 10, ...)",)


def test_a_broken_quote_is_refused_with_its_line(bench) -> None:
    with pytest.raises(DataError, match=r"'in\.csv', line 3: a quote is not closed"):
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


def test_the_header_can_be_reported(bench) -> None:
    assert bench.records("x,y\nz,w\n", header=False)[0] == {"column_1": "x", "column_2": "y"}
    assert bench.records("name,2023\nz,5\n", header=True) == [{"name": "z", "2023": 5}]


def test_names_can_be_given(bench) -> None:
    assert bench.records("1,x\n", columns=["n", "text"]) == [{"n": 1, "text": "x"}]
    with pytest.raises(DataError, match="has 2 columns, columns= names 1"):
        bench.records("1,x\n", columns=["n"])


def test_double_and_blank_names_are_made_unique_and_reported(bench) -> None:
    assert bench.records("a,A,,a\n1,2,3,4\n", header=True) == [
        {"a": 1, "A_2": 2, "column_3": 3, "a_3": 4}
    ]
    assert any("'A'" in note and "'A_2'" in note for note in bench.last.notes)


def test_lines_before_the_header_are_skipped(bench) -> None:
    assert bench.records("Report\nof today\na,b\n1,2\n", skip_rows=2) == [{"a": 1, "b": 2}]


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
