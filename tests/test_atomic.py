"""Files that are written whole or not at all."""

import os
import signal
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import python, wait_until

from drawscape import atomic
from drawscape.atomic import atomic_path, scratch_folder, sweep, sweep_tree, write_atomic
from drawscape.svg_builder import SVGBuilder

WRITING = """
import os, pathlib, sys
from drawscape.atomic import atomic_path
with atomic_path(pathlib.Path(sys.argv[1])) as temporary:
    temporary.write_text("half")
    print(flush=True)
    sys.stdin.readline() or os.kill(os.getpid(), 9)
"""
USING_SCRATCH = """
import os, pathlib, sys
from drawscape.atomic import scratch_folder
with scratch_folder(pathlib.Path(sys.argv[1])) as folder:
    (folder / "x").write_text("half")
    os.kill(os.getpid(), 9)
"""


def left_by_killed(path, script=WRITING):
    """Return what a process leaves that is killed while it writes `path`, or in the folder `path`."""
    folder = path if path.is_dir() else path.parent
    before = set(folder.iterdir())
    python("-c", script, path, code=-signal.SIGKILL, stdin=subprocess.DEVNULL)
    (left,) = set(folder.iterdir()) - before
    return left


def test_the_file_appears_when_it_is_whole(tmp_path):
    path = tmp_path / "a.txt"
    with atomic_path(path) as temporary:
        temporary.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("problem", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_what_was_there(tmp_path, problem):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def pieces():
        yield b"ne"
        raise problem

    with pytest.raises(problem):
        write_atomic(path, pieces())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_names_the_file_that_was_wanted(tmp_path):
    (tmp_path / "folder.svg").mkdir()
    (tmp_path / "loop.svg").symlink_to("loop.svg")
    for path, problem in (
        (tmp_path / "loop.svg", OSError),
        (tmp_path / "missing" / "a.svg", FileNotFoundError),
        (tmp_path / "folder.svg", IsADirectoryError),
    ):
        with pytest.raises(problem) as caught:
            write_atomic(path, [b"x"])
        assert caught.value.filename == str(path)


def test_a_file_has_the_modes_that_the_umask_leaves(tmp_path):
    before = os.umask(0o027)
    try:
        write_atomic(tmp_path / "a.txt", [b"whole"])
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o640


def test_threads_that_write_one_file_do_not_disturb_each_other(tmp_path):
    path, met = tmp_path / "a.txt", threading.Barrier(4)
    texts = [letter * 1000 for letter in (b"a", b"b", b"c", b"d")]

    def write(text):
        def pieces():
            met.wait(60)
            yield text

        write_atomic(path, pieces())

    with ThreadPoolExecutor(4) as pool:
        assert [*pool.map(write, texts)] == [None] * 4
    assert path.read_bytes() in texts
    assert list(tmp_path.iterdir()) == [path]


def test_the_longest_names_can_be_written(tmp_path):
    for name in ("x" * 255, "ü" * 127, "🖊" * 63):
        write_atomic(tmp_path / name, [b"whole"])
        assert (tmp_path / name).read_bytes() == b"whole"


def test_what_a_killed_writer_left_is_removed_by_the_next_writer(tmp_path):
    left = left_by_killed(tmp_path / "other.svg")
    assert left.name.endswith(".part")
    SVGBuilder(20, 20).circle(10, 10, 5).save(tmp_path / "a.svg")
    assert [path.name for path in tmp_path.iterdir()] == ["a.svg"]


def test_what_a_living_writer_has_begun_stays(tmp_path):
    command = [sys.executable, "-c", WRITING, tmp_path / "slow.svg"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        write_atomic(tmp_path / "a.svg", [b"whole"])
        assert sweep(tmp_path) == []
        process.communicate(b"\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.svg", "slow.svg"]


def test_in_a_shared_folder_a_leftover_stays_for_an_hour(tmp_path, monkeypatch):
    monkeypatch.setenv("DRAWSCAPE_OUTPUT", str(tmp_path))
    part = left_by_killed(tmp_path / "other.svg")  # as a living writer's on sshfs: without a lock
    write_atomic(tmp_path / "a.svg", [b"whole"])
    assert part.exists()
    hour_ago = part.stat().st_mtime - 3601
    os.utime(part, (hour_ago, hour_ago))
    assert sweep(tmp_path) == [part]


def test_files_of_others_stay_however_old(tmp_path):
    for name in ("movie.part", "a.0a1b2c3d.part", ".hidden.part", ".a.0a1b2c3d.svg", ".part"):
        (tmp_path / name).write_text("someone's")
        os.utime(tmp_path / name, (1, 1))
    part = tmp_path / ".a.svg.4711-0.part"
    part.write_text("half")
    assert sweep(tmp_path) == [part]


def test_a_tree_is_swept_with_all_its_folders(tmp_path):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    left = {left_by_killed(tmp_path / "deep" / "er" / "a"), left_by_killed(tmp_path / "b")}
    assert set(sweep_tree(tmp_path)) == left
    assert sweep_tree(tmp_path / "none") == []


def test_a_scratch_folder_goes_with_its_block_and_a_killed_one_with_the_next(tmp_path):
    parent = tmp_path / "scratch"
    with scratch_folder(parent) as folder:
        (folder / "a").write_text("x")
    left = left_by_killed(parent, USING_SCRATCH)
    assert (left / "x").read_text() == "half"
    atomic._swept.clear()  # as in another process, or a second later
    with scratch_folder(parent) as folder:
        assert list(parent.iterdir()) == [folder]
    assert list(parent.iterdir()) == []


def test_a_sweep_disturbs_none_who_makes_a_scratch_folder(tmp_path):
    with ThreadPoolExecutor(1) as pool:
        sweeping = pool.submit(lambda: [sweep(tmp_path) for _ in range(2000)])
        while not sweeping.done():
            with scratch_folder(tmp_path) as folder:
                (folder / "a").write_text("x")
        assert len(sweeping.result()) == 2000


@pytest.mark.slow
def test_a_worker_removes_at_its_start_what_killed_drawings_left(home, start_workers):
    (home / "output" / "postcards").mkdir(parents=True)
    left = left_by_killed(home / "output" / "postcards" / "a.svg")
    start_workers()
    wait_until(lambda: not left.exists())
