"""JSON files of every shape that people have."""

import pytest

from drawscape.errors import DataError


def rows(bench, content, source="in.json", **options):
    return bench.text(content, source, "out.csv", **options).splitlines()


@pytest.mark.parametrize(
    "content",
    ['[{"a":1,"b":"x"},{"a":2}]', '{"a":1,"b":"x"}\n{"a":2}\n', '{\n "a":1,\n "b":"x"\n}\n{"a":2}'],
)
def test_arrays_lines_and_loose_objects_are_read(bench, content):
    assert rows(bench, content) == ["a,b", "1,x", "2,"]


def test_keys_become_columns_in_the_order_of_their_coming(bench):
    assert rows(bench, '[{"z":1},{"a":2,"z":3},{"m":4}]') == ["z,a,m", "1,,", "3,2,", ",,4"]


def test_nested_values_stay_json(bench):
    assert rows(bench, '[{"a":{"b":[1,"x"]},"c":[]}]') == ["a,c", '"{""b"":[1,""x""]}",[]']


def test_keys_that_a_record_lacks_stay_away_between_json_files(bench):
    assert bench.text('[{"a":1},{"b":null}]', "in.json", "out.ndjson") == '{"a":1}\n{"b":null}\n'


def test_hostile_keys_are_names_like_any(bench):
    content = '[{"a.b":1,"x\\"y":2,"/~":3,"":4,"\'; DROP TABLE t; --":5}]'
    assert rows(bench, content) == ['a.b,"x""y",/~,column_4,\'; DROP TABLE t; --', "1,2,3,4,5"]


def test_keys_that_differ_in_case_are_two_columns(bench):
    assert rows(bench, '[{"a":1,"A":2}]') == ["a,A_2", "1,2"]


def test_records_that_are_no_objects_make_one_column(bench):
    assert rows(bench, '[1,{"a":2}]') == ["value", "1", '"{""a"":2}"']
    assert bench.last.notes == ("1 record is not an object: all are in 'value'",)


@pytest.mark.parametrize("content", ["", "[]", "\n", "[\n]\n"])
def test_no_records_are_an_empty_table(bench, content):
    assert rows(bench, content) == []


def test_a_file_that_was_cut_off_is_refused(bench):
    for content in ('[{"a":1},', '[{"a":1}', '{"a":1}\n{"b":'):
        with pytest.raises(DataError):
            rows(bench, content)


@pytest.mark.parametrize("content", ["{a:1}", '[{"a":1}] x', '{"a" 1}', "hello"])
def test_what_is_no_json_is_refused(bench, content):
    with pytest.raises(DataError, match=r"Malformed JSON|last character is not \]"):
        rows(bench, content)


def test_the_line_or_record_that_is_malformed_is_named(bench):
    with pytest.raises(DataError, match="in line 2: "):
        rows(bench, '{"a":1}\n{"a" 2}\n{"a":3}\n', "in.ndjson")
    with pytest.raises(DataError, match="in record/value 3: "):
        rows(bench, '[{"a":1},\n{"a":2},\n{"a" 3}]')


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_hindrance(bench, encoding):
    assert rows(bench, '[{"a":"Zoë"}]'.encode(encoding)) == ["a", "Zoë"]
