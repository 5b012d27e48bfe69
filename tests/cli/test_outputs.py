"""Where `-o` leads: files, links, devices, pipes, standard output."""

import os
import stat
import subprocess
import sys
import threading

import pytest
from command import run

DRAWING = ("draw", "truchet", "--param", "tiles=3")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert run(*DRAWING, "-o", "a.svg").out == "a.svg\n"
    return tmp_path


@pytest.mark.parametrize("command", [DRAWING, ("plot", "a.svg"), ("redraw", "a.svg")])
@pytest.mark.parametrize("ending", ["svg", "gcode"])
def test_a_device_a_pipe_and_a_link_stay_what_they_are(folder, command, ending):
    file = folder / f"b.{ending}"
    assert run(*command, "-o", str(file)).code == 0
    made = file.read_bytes()
    (folder / f"link.{ending}").symlink_to(file)
    file.write_bytes(b"old")
    assert run(*command, "-o", f"link.{ending}").out == f"link.{ending}\n"
    assert ((folder / f"link.{ending}").is_symlink(), file.read_bytes()) == (True, made)

    pipe = folder / f"pipe.{ending}"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    done = run(*command, "-o", str(pipe))
    reader.join(60)
    assert (done.code, done.out, read) == (0, "", [made])
    assert stat.S_ISFIFO(pipe.stat().st_mode)

    null = folder / f"null.{ending}"
    null.symlink_to(os.devnull)
    assert run(*command, "-o", str(null)).code == 0
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


@pytest.mark.parametrize("to", ["-", "/dev/stdout", ">(cat)"])
def test_a_shell_s_outputs_take_the_drawing_and_no_name(folder, to):
    line = f"{sys.executable} -m drawscape draw truchet --param tiles=3 -o {to} | cat; wait"
    done = subprocess.run(["bash", "-c", line], capture_output=True, check=True)
    assert done.stdout == (folder / "a.svg").read_bytes()


def test_a_name_without_an_ending_is_written_in_the_machine_s_format_or_as_svg(folder):
    for command in (DRAWING, ("plot", "a.svg")):
        assert run(*command, "-o", "x").out == "x\n"
        assert (folder / "x").read_bytes().startswith(b"<?xml")
        assert run(*command, "-o", "y", "--machine", "grbl").out == "y\n"
        assert b"G21" in (folder / "y").read_bytes()
        run(*command, "-o", "own.gcode", "--machine", "grbl")
        assert (folder / "own.gcode").read_bytes() == (folder / "y").read_bytes()
