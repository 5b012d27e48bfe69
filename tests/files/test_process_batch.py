"""Many files in one call."""

import json
import os
import signal
from pathlib import Path

import pytest
from support import SVG, wait_until

from drawscape.errors import ForbiddenPathError, ParameterError, UnknownNameError
from drawscape.job_manager import enqueue_background_job, get_job
from drawscape.queue.worker.job_context import JobContext, set_current
from workers.file_tasks import process_batch

FILES = ["file1.csv", "file2.csv", "file3.csv"]


@pytest.fixture
def home(home):
    for number, name in enumerate(FILES, 1):
        (home / name).write_text(f"a,b\n{number},x\n")
    (home / "drawing.svg").write_text(SVG)
    return home


def statuses(reports):
    return [report["status"] for report in reports]


@pytest.mark.parametrize("form", ["csv", "tsv", "json", "ndjson", "parquet", "jsonl"])
def test_every_format_has_its_operation(home, form):
    (report,) = process_batch(["file1.csv"], f"convert_to_{form}")
    told = [report[key] for key in ("file", "status", "error", "rows")]
    assert told == ["file1.csv", "done", None, 1]
    assert Path(report["output"]).is_file()


def test_one_bad_file_does_not_spoil_the_rest(home):
    (home / "ragged.csv").write_text("a,b\n1\n")
    (home / "binary.csv").write_bytes(os.urandom(64) + b"\xff\xfe\x00")
    bad = ["none.csv", "ragged.csv", "/etc/passwd", "../x.csv", "", "binary.csv"]
    reports = process_batch(["file1.csv", *bad, "file2.csv"], "convert_to_json")
    assert statuses(reports) == ["done", *["failed"] * 6, "done"]
    assert "none.csv" in reports[1]["error"]
    assert "'ragged.csv', row 2" in reports[2]["error"]
    assert "DRAWSCAPE_DATA_DIRS" in reports[3]["error"]
    assert all(report["output"] is None for report in reports[1:-1])


def test_files_of_one_name_in_whatever_case_do_not_overwrite_each_other(home):
    (home / "sub").mkdir()
    files = ["file1.csv", "sub/file1.csv", "sub/FILE1.csv", "sub/file1-2.csv"]
    for name in files[1:]:
        (home / name).write_text("a\n7\n")
    made = [Path(report["output"]).name for report in process_batch(files, "convert_to_json")]
    assert made[0] == "file1.json"
    assert len({name.lower() for name in made}) == 4


def test_drawings_are_optimized_and_painted(home):
    (report,) = process_batch(["drawing.svg"], "optimize_svg", simplify_mm=0.1)
    assert report["status"] == "done", report["error"]
    assert report["output"] == str(home / "output" / "optimized" / "drawing.svg")
    assert report["lines"] == 1  # the two strokes that meet are one now
    (picture,) = process_batch([report["output"]], "svg_to_png", dpi=100)
    assert picture["status"] == "done", picture["error"]
    assert Path(picture["output"]).read_bytes().startswith(b"\x89PNG")


def test_an_output_never_takes_its_source_s_place(home):
    (report,) = process_batch(["drawing.svg"], "optimize_svg")
    before = Path(report["output"]).read_bytes()
    (again,) = process_batch([report["output"]], "optimize_svg")
    assert again["status"] == "failed"
    assert "its output would take its own place" in again["error"]
    assert Path(report["output"]).read_bytes() == before


def test_an_output_folder_stays_inside(home):
    (report,) = process_batch(["file1.csv"], "convert_to_json", output_folder="mine/deep")
    assert report["output"] == str(home / "output" / "mine" / "deep" / "file1.json")
    for folder in ("..", "/tmp", "a/../../b"):
        with pytest.raises(ForbiddenPathError):
            process_batch(["file1.csv"], "convert_to_json", output_folder=folder)


@pytest.mark.parametrize(
    ("arguments", "error", "named"),
    [
        ({"operation": "convert_to_jsn"}, UnknownNameError, "'jsn'; did you mean"),
        ({"operation": "optimise_svg"}, UnknownNameError, "did you mean 'optimize_svg'"),
        ({"delimeter": ";"}, UnknownNameError, "option 'delimeter'"),
        ({"operation": "svg_to_png", "dip": 3}, UnknownNameError, "did you mean 'dpi'"),
        ({"operation": "zip"}, UnknownNameError, "unknown operation 'zip'"),
        ({"file_list": "file1.csv"}, ParameterError, "file_list"),
        ({"file_list": [1]}, ParameterError, "file_list"),
    ],
)
def test_what_is_wrong_with_the_whole_batch_is_named(home, arguments, error, named):
    with pytest.raises(error, match=named):
        process_batch(**{"file_list": FILES, "operation": "convert_to_json", **arguments})


class _StoppedAfter(JobContext):
    """A job that is asked to stop once its progress has been reported for a file."""

    def __init__(self, file):
        super().__init__()
        self._file = file

    def progress(self, fraction, message=None, preview=None):
        self.is_canceled = self.is_canceled or self._file in (message or "")


def test_a_stopped_batch_says_what_it_did_not_reach(home):
    set_current(_StoppedAfter("file2.csv"))
    try:
        reports = process_batch(FILES, "convert_to_json")
    finally:
        set_current()
    assert statuses(reports) == ["done", "done", "stopped"]


@pytest.mark.slow
def test_a_worker_killed_in_a_conversion_leaves_no_half_file(home, start_workers):
    with (home / "large.csv").open("w") as stream:
        stream.write("id,name,price\n")
        stream.writelines(f"{n},name {n % 997},{n / 8}\n" for n in range(50_000))

    def half_written():
        return list((home / "output").rglob(".*.part"))

    process = start_workers()
    job = enqueue_background_job("workers.data_tasks.process_file", "large.csv", "json")
    wait_until(lambda: half_written() or job.ended)
    os.kill(process.pid, signal.SIGKILL)
    made = home / "output" / "data" / "large.json"
    assert not made.exists() or json.loads(made.read_text())  # whole or absent
    wait_until(lambda: not process.alive)
    start_workers()
    records = json.loads(Path(get_job(job.id).wait(120)).read_text())
    assert len(records) == 50_000
    assert records[-1] == {"id": 49_999, "name": f"name {49_999 % 997}", "price": 6249.875}
    assert half_written() == []
