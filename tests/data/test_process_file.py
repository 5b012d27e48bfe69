"""`process_file` converts a file, and leaves no half of one."""

from pathlib import Path

import pytest

from drawscape.data import SUFFIXES
from drawscape.errors import DataError, ForbiddenPathError, UnknownNameError
from workers.data_tasks import process_file


def test_any_format_goes_into_any_other_and_nothing_is_printed(home, capfd):
    rows = "a,b\n1,x\n-2,007\n"
    (home / "start.csv").write_text(rows)
    path = str(home / "start.csv")
    for place, form in enumerate(["parquet", "json", "tsv", "ndjson", "csv"] * 2):
        path = process_file(path, form, output_filename=f"{place}{SUFFIXES[form]}")
    assert Path(path).read_text() == rows
    assert capfd.readouterr().out == ""  # DuckDB has a bar of its own


@pytest.mark.parametrize(
    ("name", "suffix"), [("jsonl", "ndjson"), ("pq", "parquet"), (".TSV", "tsv")]
)
def test_formats_go_by_several_names(home, name, suffix):
    (home / "start.csv").write_text("a\n1\n")
    made = process_file("start.csv", name, output_filename="")
    assert made.endswith(f"data/start.{suffix}")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        *((path, "DRAWSCAPE_DATA_DIRS") for path in ("/etc/passwd", "../secret.csv", "link.csv")),
        *((path, "the queue's own") for path in (".drawscape/key", "own.csv")),
    ],
)
def test_a_file_outside_and_the_queue_s_own_are_not_read(home, path, words):
    (home / ".drawscape" / "key").write_text("secret")
    (home / "link.csv").symlink_to("/etc/passwd")
    (home / "own.csv").symlink_to(home / ".drawscape" / "key")
    with pytest.raises(ForbiddenPathError, match=words):
        process_file(path, "json", source_format="csv")
    assert not (home / "output").exists()


@pytest.mark.parametrize("name", ["../out.json", "/tmp/out.json"])
def test_an_output_outside_is_not_written(home, name):
    (home / "data.csv").write_text("a\n1\n")
    with pytest.raises(ForbiddenPathError):
        process_file("data.csv", "json", output_filename=name)


def test_a_failure_leaves_the_output_as_it_was(home):
    (home / "data.csv").write_text("a,b\n1,2\n")
    path = Path(process_file("data.csv", "json"))
    before = path.read_text()
    (home / "data.csv").write_text("a,b\n1,2\n3\n")
    with pytest.raises(DataError):
        process_file("data.csv", "json")
    assert path.read_text() == before
    assert [p.name for p in path.parent.iterdir()] == ["data.json"]
    assert list((home / ".drawscape" / "scratch").iterdir()) == []


def test_a_file_is_not_converted_into_itself(home):
    (home / "output").mkdir()
    (home / "output" / "a.csv").write_text("a\n1\n")
    with pytest.raises(DataError, match="into itself"):
        process_file("output/a.csv", "csv", output_filename="a.csv")


@pytest.mark.parametrize(
    ("arguments", "error", "named"),
    [
        ({"format": "jsn"}, UnknownNameError, "'jsn'; did you mean"),
        ({"format": "excel"}, UnknownNameError, "unknown format 'excel'"),
        ({"file_path": "data.dat"}, DataError, "source_format="),
        ({"file_path": "none.csv"}, FileNotFoundError, r"none\.csv"),
    ],
)
def test_what_is_wrong_is_named(home, arguments, error, named):
    (home / "data.csv").write_text("a\n1\n")
    (home / "data.dat").write_text("a\n1\n")
    with pytest.raises(error, match=named):
        process_file(**{"file_path": "data.csv", "format": "json", **arguments})


def test_many_rows_keep_their_order(home):
    with (home / "large.csv").open("w") as stream:
        stream.write("id,name,price\n")
        stream.writelines(f"{n},name {n % 997},{n / 8}\n" for n in range(100_000))
    lines = Path(process_file("large.csv", "ndjson")).read_text().splitlines()
    assert len(lines) == 100_000
    assert lines[-1] == '{"id":99999,"name":"name 299","price":12499.875}'
