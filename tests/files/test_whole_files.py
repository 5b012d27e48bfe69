"""A file is whole, or it is not there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from drawscape.files.whole import whole_or_absent


def test_the_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.txt"
    with whole_or_absent(path) as temporary:
        temporary.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("problem", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_what_was_there(tmp_path: Path, problem: type[BaseException]) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail(temporary: Path) -> None:
        temporary.write_text("ne")
        raise problem

    with pytest.raises(problem), whole_or_absent(path) as temporary:
        fail(temporary)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_writer_left_is_swept_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    code = (
        "import os, sys, pathlib; from drawscape.files.whole import whole_or_absent\n"
        "with whole_or_absent(pathlib.Path(sys.argv[1])) as t: t.write_text('half'); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, path], check=False).returncode == -9
    (left,) = tmp_path.iterdir()
    assert left.name.endswith(".part")
    with whole_or_absent(path) as temporary:
        temporary.write_text("whole")
    assert list(tmp_path.iterdir()) == [path]


def test_the_temporary_file_of_a_living_writer_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    other = tmp_path / f".a.txt.{os.getppid()}.part"
    other.write_text("half")
    with whole_or_absent(path) as temporary:
        temporary.write_text("whole")
    assert other.exists()


def test_a_dead_writer_that_nobody_has_buried_is_dead(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.read()  # its end comes with the process's; it stays a zombie until wait()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        (tmp_path / f".a.txt.{process.pid}.part").write_text("half")
        with whole_or_absent(path) as temporary:
            temporary.write_text("whole")
        assert list(tmp_path.iterdir()) == [path]
