"""Which values the texts of a CSV file are: no digit and no meaning changes."""

import pytest

from drawscape.errors import DataError, UnknownNameError


def test_a_column_is_a_number_only_if_every_row_is(bench):
    many = "".join(f"{n},{n}\n" for n in range(30_000))
    records = bench.records(f"a,b\n{many}1,last\n")
    assert records[0] == {"a": 0, "b": "0"}
    assert records[-1] == {"a": 1, "b": "last"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        ("007", "007"),
        ("+49", "+49"),
        ("1.50", 1.5),
        ("1e3", 1000.0),
        ("0.1234567890123456", 0.1234567890123456),
        ("0.12345678901234567890123", "0.12345678901234567890123"),
        ("12345678901234567890123456789012345678", 12345678901234567890123456789012345678),
        ("1" * 60, "1" * 60),
        ("1e999", "1e999"),
        ("nan", "nan"),
        ("inf", "inf"),
        ("TRUE", True),
        ("yes", "yes"),
        ("7 ", 7),
        (".5", 0.5),
        ("+1.5", 1.5),
        ("1.", 1.0),
        ("+1e3", 1000.0),
        ("1.000000000000000056e-01", 0.1),
        ("0.10000000000000001", 0.1),
        ("0.12345678901234567", "0.12345678901234567"),
        ("00.5", "00.5"),
        ("NA", "NA"),
        ("0x1F", "0x1F"),
        ("2024-02-30", "2024-02-30"),
        ("2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z"),
        ("Zoë ☕ 漢字", "Zoë ☕ 漢字"),
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


def test_an_empty_cell_is_null_and_quotes_make_an_empty_text(bench):
    assert bench.records('a,b\n,x\n"",y\n') == [{"a": None, "b": "x"}, {"a": "", "b": "y"}]


def test_texts_that_mean_nothing_are_named(bench):
    assert bench.records("a,b\nNA,1\n-,2\n7,\n", nulls=["NA", "-"]) == [
        {"a": None, "b": 1},
        {"a": None, "b": 2},
        {"a": 7, "b": None},
    ]


def test_a_type_that_is_asked_for_takes_na_for_no_value(bench):
    assert bench.records("a,b\n1,x\nNA,y\n", types={"a": "integer"}) == [
        {"a": 1, "b": "x"},
        {"a": None, "b": "y"},
    ]
    assert bench.records("a\n1\nNA\n", types="text") == [{"a": "1"}, {"a": "NA"}]


def test_dates_of_other_lands_are_reported(bench):
    records = bench.records("tag,n\n31/12/2024,1\n,2\n", date_format="%d/%m/%Y")
    assert [r["tag"] for r in records] == ["2024-12-31", None]


def test_types_can_be_reported(bench):
    text = "plz,n,flag\n10115,1,1\n"
    assert bench.records(text, types="text") == [{"plz": "10115", "n": "1", "flag": "1"}]
    reported = {"plz": "text", "n": "decimal(10,2)"}
    assert bench.records(text, types=reported) == [{"plz": "10115", "n": 1.0, "flag": 1}]


def test_a_value_that_is_not_of_the_type_reported_is_shown(bench):
    with pytest.raises(DataError, match="column 'b': 'x' is not a BIGINT"):
        bench.records("a,b\n1,2\n2,x\n", types={"b": "integer"})
    with pytest.raises(UnknownNameError, match="column 'c'"):
        bench.records("a,b\n1,2\n", types={"c": "integer"})
