"""`process_file` converts a file, in bounded memory, and leaves no half of one."""

from pathlib import Path

import pytest
from support import sampled

from drawscape.data import SUFFIXES, Options, convert
from drawscape.errors import DataError, ForbiddenPathError, SettingsError, UnknownNameError
from workers.data_tasks import process_file


def test_any_format_goes_into_any_other_and_nothing_is_printed(home, capfd):
    rows = "a,b\n1,x\n-2,007\n"
    (home / "start.csv").write_text(rows)
    path = str(home / "start.csv")
    for place, form in enumerate(["excel", "parquet", "json", "tsv", "ndjson", "csv"] * 2):
        path = process_file(path, form, output_filename=f"{place}{SUFFIXES[form]}")
    assert Path(path).read_text() == rows
    assert capfd.readouterr().out == ""  # DuckDB has a bar of its own


@pytest.mark.parametrize(
    ("name", "suffix"), [("jsonl", "ndjson"), ("XLSX", "xlsx"), (".TSV", "tsv")]
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
        ({"format": "xls"}, DataError, r"\.xlsx"),
        ({"file_path": "data.dat"}, DataError, "source_format="),
        ({"file_path": "none.csv"}, FileNotFoundError, r"none\.csv"),
    ],
)
def test_what_is_wrong_is_named(home, arguments, error, named):
    (home / "data.csv").write_text("a\n1\n")
    (home / "data.dat").write_text("a\n1\n")
    with pytest.raises(error, match=named):
        process_file(**{"file_path": "data.csv", "format": "json", **arguments})


def test_the_memory_limit_is_checked(home, monkeypatch):
    (home / "data.csv").write_text("a\n1\n")
    monkeypatch.setenv("DRAWSCAPE_DATA_MEMORY_MB", "lots")
    with pytest.raises(SettingsError, match="DRAWSCAPE_DATA_MEMORY_MB='lots'"):
        process_file("data.csv", "json")


@pytest.mark.parametrize("target", sampled(["csv", "ndjson", "parquet"], 3))
def test_lines_of_thousands_of_cells_fit_into_the_memory(bench, target):
    """Of 135 KB it was said that they exceed 512 MB, since DuckDB counts what it sets aside."""
    line = ",".join("1.25" for _ in range(5_000))
    bench.convert(f"{line}\n{line}\n", "in.csv", f"out.{target}", ragged="pad")
    assert (bench.last.rows, len(bench.last.columns)) == (2, 5_000)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    path = tmp_path_factory.mktemp("large") / "large.csv"
    with path.open("w") as stream:
        stream.write("id,name,price\n")
        stream.writelines(f"{n},name {n % 997},{n / 8}\n" for n in range(300_000))
    return path


@pytest.mark.slow
@pytest.mark.parametrize("target", sampled(["json", "parquet"], 2))
def test_progress_rises_to_1(large, tmp_path, target):
    reported, options = [], {"options": Options(encoding="latin-1"), "scratch": tmp_path}
    options["progress"] = lambda fraction, message: reported.append(fraction)
    convert(large, tmp_path / f"out.{target}", **options)
    assert reported == sorted(reported)
    assert reported[-1] == 1
    assert len(set(reported)) >= 3


class _Stopped(BaseException):
    """As a worker raises it inside of a task that is to stop."""


def test_a_conversion_that_is_stopped_leaves_nothing(large, tmp_path):
    def stop(fraction, message):
        if message == "writing":
            raise _Stopped

    (tmp_path / "out").mkdir()
    with pytest.raises(_Stopped):
        convert(large, tmp_path / "out" / "large.json", scratch=tmp_path / "scratch", progress=stop)
    assert list((tmp_path / "out").iterdir()) == []
    assert list((tmp_path / "scratch").iterdir()) == []
