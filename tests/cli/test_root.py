"""The command itself: its options, its errors, terminals, and where its output goes."""

import os
import shlex
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import click
import pytest
from support import beside, first_line, program, python, run, sampled, wait_until

from drawscape.job_manager import enqueue_background_job, list_jobs, workers_alive
from drawscape.machine.device import add_device

TASK = "workers.svg_tasks.generate_complex_svg"
COMMAND = [sys.executable, "-m", "drawscape"]
MACHINE = "a-machine-with-quite-a-long-name"


@pytest.mark.parametrize("arguments", ["draw --help", "draw spiral -o -", "jobs"])
def test_a_full_disk_is_a_sentence(arguments, home):
    with open("/dev/full", "w") as full:
        to = {"capture_output": False, "stdout": full, "stderr": subprocess.PIPE}
        done = program(*COMMAND, *arguments.split(), code=1, **to)
    assert done.stderr == "drawscape: No space left on device\n"
    closed = f"exec {shlex.join(COMMAND)} {arguments} >&- <&-"
    assert program("sh", "-c", closed, code=0).stderr == ""


def test_too_little_memory_is_a_sentence(home):
    limited = f"ulimit -v 8000000; exec {shlex.join(COMMAND)} draw banknote_head"
    page = "--width 100000 --height 0.1 --margin 0 -o -"
    done = program("sh", "-c", f"{limited} {page}", code=1)
    assert done.stderr == "drawscape: not enough memory for that on this computer; ask for less\n"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home of the test's own, with a job, so that lists are not empty."""
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    enqueue_background_job(TASK, 50, 50)
    return tmp_path


def test_of_a_long_value_a_message_shows_both_ends(home):
    value = "9" * 100_000
    done = program(*COMMAND, "draw", "spiral", "--param", f"turns={value}", code=2)
    assert len(done.stderr) < 2000
    assert done.stderr.startswith("drawscape: turns='9999")
    assert done.stderr.endswith("must be a whole number\n")


UNKNOWN = ("postgresq://", "mysql://", "http://", "postgresql:/", "postgresql:", "")
MALFORMED = ("ada:secret@[::1/x", "h/x?passwort=secret")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        *((f"{one}ada:secret@x.org/x", f"'{one.partition(':')[0] or 'ada'}:'") for one in UNKNOWN),
        *((f"postgresql://{one}", "names no Postgres database") for one in MALFORMED),
    ],
)
def test_a_queue_that_cannot_be_meant_is_refused_without_password(
    tmp_path, monkeypatch, url, words
):
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DRAWSCAPE_QUEUE", url)
    for line in ("jobs", "doctor", f"enqueue {TASK} width=9 height=9", "queue check"):
        done = run(*line.split())
        assert done.code in (1, 2)
        assert words in done.err + done.out
        assert "secret" not in done.err + done.out
    assert [*tmp_path.iterdir()] == []


@pytest.mark.slow
def test_ctrl_c_in_the_demo_leaves_no_job_and_no_worker(tmp_path, monkeypatch):
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    to = {"stdout": subprocess.PIPE, "text": True, "start_new_session": True}
    with beside("demo", "-w", "1", **to) as process, process.stdout:
        while "are queued" not in first_line(process):
            pass
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(60) == 130
    wait_until(lambda: not workers_alive(), "the worker's end")
    jobs = list_jobs()
    assert len(jobs) == 6
    assert {job.status for job in jobs} <= {"finished", "stopped", "canceled"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("sketches",), "space_colonization  "),
        (("sketches", "spiral"), "--wobble  "),
        (("draw", "spirl"), "did you mean 'spiral'"),
        (("machine", "list"), f"{MACHINE}  simulator  10x  "),
    ],
)
def test_no_word_is_torn_at_a_narrow_terminal(terminal, arguments, words, home):
    add_device(MACHINE, "simulator", "10x")
    text = click.unstyle(terminal(*arguments, columns=60).read())
    assert words in text
    assert max(map(len, text.splitlines())) <= 60


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("drawscape dra", "draw"),
        ("drawscape draw spir", "spiral_halftone"),
        ("drawscape sketches trunc", None),
        ("drawscape draw spiral --wob", "--wobble"),
        ("drawscape draw spirl --wob", None),
    ],
)
def test_a_shell_completes_commands_patterns_and_their_options(typed, offered, monkeypatch):
    monkeypatch.setenv("_DRAWSCAPE_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(len(typed.split()) - 1))
    done = run()
    assert done.err == ""
    items = [line.partition(",")[2] for line in done.out.split()]
    assert (offered in items) if offered else items == []


DRAWING = ("draw", "truchet", "--param", "tiles=3")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert run(*DRAWING, "-o", "a.svg").out == "a.svg\n"
    assert run(*DRAWING, "-o", "-").out == (tmp_path / "a.svg").read_text()
    return tmp_path


@pytest.mark.parametrize(
    ("command", "ending"),
    [(DRAWING, "svg"), (("plot", "a.svg"), "gcode"), (("redraw", "a.svg"), "svg")],
)
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
    read = []
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


@pytest.mark.parametrize("to", sampled([">(cat)", "/dev/stdout", "-"], 3))
def test_a_shell_s_outputs_take_the_drawing_and_no_name(folder, to):
    line = f"{sys.executable} -m drawscape draw truchet --param tiles=3 -o {to} | cat; wait"
    assert program("bash", "-c", line, text=False).stdout == (folder / "a.svg").read_bytes()


def test_a_name_without_an_ending_is_written_in_the_machine_s_format_or_as_svg(folder):
    for command in (DRAWING, ("plot", "a.svg")):
        assert run(*command, "-o", "x").out == "x\n"
        assert (folder / "x").read_bytes().startswith(b"<?xml")
        assert run(*command, "-o", "y", "--machine", "grbl").out == "y\n"
        assert b"G21" in (folder / "y").read_bytes()
        run(*command, "-o", "own.gcode", "--machine", "grbl")
        assert (folder / "own.gcode").read_bytes() == (folder / "y").read_bytes()


HEAVY = {
    *("numpy", "scipy", "shapely", "ipywidgets", "IPython", "huey", "cloudpickle", "asyncio"),
    *("rich", "logging", "subprocess"),
}


LIBRARIES = {"scipy", "shapely", "rich", "PIL", "vpype", "IPython"}
DRAW = "import drawscape.cli as c\ntry: c.main(['draw', 'spiral', '--raw', '-o', '/dev/null'])"
GEOMETRY = """import pkgutil, drawscape.geometry as g
for m in pkgutil.iter_modules(g.__path__, "drawscape.geometry."): pkgutil.resolve_name(m.name)"""
OPTIMIZE = "from drawscape import plot; from drawscape.sketches import draw; plot.optimize({})"


@pytest.mark.parametrize(
    ("statement", "heavy"),
    [
        ("import drawscape", HEAVY),
        ("import workers", {"huey"}),
        ("import drawscape.notebook, drawscape.job_manager", {"ipywidgets"}),
        ("import drawscape.cli.plot, drawscape.plot, drawscape.svg.read", LIBRARIES),
        (f"{DRAW}\nexcept SystemExit: pass", {*LIBRARIES, "contourpy", "huey", "ipywidgets"}),
        (GEOMETRY, {"scipy", "shapely", "contourpy"}),
        (OPTIMIZE.format("draw('spiral', 210, 297).document()"), {"scipy"}),
        (OPTIMIZE.format("draw('schotter', 60, 80, columns=5).document()"), {"scipy"}),
        ("from drawscape.cli import main", {"numpy", "scipy", "rich", "flask", "huey"}),
    ],
)
def test_a_light_import_stays_light(statement, heavy):
    loaded = python("-c", f"import sys\n{statement}\nprint(*sys.modules)").stdout.split()
    assert not heavy & {*loaded}


def test_a_demo_that_fails_says_so_and_names_a_command_that_this_shell_finds(tmp_path, monkeypatch):
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(Path(sys.executable).parents[2])
    script = os.path.relpath(Path(sys.executable).with_name("drawscape"))
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / "demo").touch()  # a file, where the folder of the drawings should be
    done = run("demo", "--slots", "2")
    assert done.code == 1
    assert "no drawings in " in done.out
    assert f"6 of 6 drawings failed; `{script} doctor` may say why" in done.err
    assert "Traceback" not in done.out
    assert done.out.count("failed: ") == 6


def test_a_user_without_a_folder_is_told_what_to_set(tmp_path):
    environment = {"PATH": os.environ["PATH"]}
    code = (
        "import pwd; pwd.getpwuid = lambda user: {}[user]  # as for a user whom the system does not know\n"
        "from drawscape.cli import main; main(['jobs'])"
    )
    done = python("-c", code, code=2, cwd=tmp_path, env=environment)
    assert done.stderr == (
        "drawscape: '~/.local/share': this user has no folder; "
        "set HOME, or DRAWSCAPE_HOME to a folder\n"
    )


@pytest.mark.parametrize("command", ["jobs", "draw spiral", "doctor", "new", "sketches", "demo"])
def test_a_home_that_is_a_link_to_itself_is_a_sentence(tmp_path, command, monkeypatch):
    monkeypatch.setenv("DRAWSCAPE_HOME", "")  # --home sets it, which must end with the test
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop").symlink_to("loop")
    words = [*command.split(), *(["loop/x"] if command == "new" else [])]
    done = run(*words, "--home", str(tmp_path / "loop"))
    assert done.code in (1, 2)
    assert "Traceback" not in done.err + done.out
    assert "loop" in done.err + done.out


@pytest.mark.parametrize("group", [[], ["editions"], ["plots"]])
def test_a_group_without_a_command_prints_its_help_alone(home, group):
    said = run(*group).err
    assert said.startswith(" ".join(["Usage: drawscape", *group]))
    assert "See `" not in said
