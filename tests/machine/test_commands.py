"""`drawscape machine`, `drawscape plot --on` and `drawscape plots`, with real workers and the simulator."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from machine_bench import driving, scribble
from machine_emulators import EbbEmulator
from support import read, wait_until

from drawscape.catalogue import drawings
from drawscape.cli.root import root
from drawscape.drawing.document import Document, Layer
from drawscape.errors import PlotError
from drawscape.geometry.lines import Lines
from drawscape.job_manager import cancel_job, enqueue_background_job, list_jobs
from drawscape.jobs import get_job
from drawscape.machine.device import read_device
from drawscape.machine.plot import find_plot
from drawscape.notebook import history
from drawscape.plot import save
from workers.svg_tasks import generate_complex_svg

pytestmark = pytest.mark.slow


def drawscape(*arguments):
    """Run a command and return what it prints to stdout; it must succeed."""
    result = CliRunner().invoke(root, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


@pytest.fixture
def drawing(home):
    """A drawing with two pens, on a simulator that is called desk."""
    drawscape("machine", "add", "desk", "--driver", "simulator", "--port", "3x")
    path = home / "two.svg"
    save(scribble(5, strokes=12, pens=2), path)
    return str(path)


def shown(plot_id):
    return json.loads(drawscape("plots", "show", plot_id, "--json"))


def wait_for_state(plot_id, *states):
    wait_until(lambda: find_plot(plot_id).state.label in states, f"one of {states}", timeout_s=120)
    return shown(plot_id)


def test_a_plot_goes_on_at_the_stroke_when_its_worker_was_killed(drawing, home, start_workers):
    worker = start_workers(1)
    plot_id = drawscape("plot", drawing, "--on", "desk", "--yes", "--zero-here")
    wait_until(lambda: shown(plot_id)["stroke"] >= 5, timeout_s=120)
    os.kill(worker.pid, signal.SIGKILL)
    state = wait_for_state(plot_id, "interrupted")
    assert state["strokes"] == 24
    assert find_plot(plot_id).words.startswith(f"interrupted at stroke {state['stroke']} of 24")
    Path(drawing).unlink()  # a plot needs its drawing no more
    start_workers(1)
    # The killed run's job does not draw on the paper again, whatever the queue does with it.
    drawscape("plots", "resume", plot_id, "--wait", "--yes", "--zero-here")
    done = shown(plot_id)
    assert (done["state"], done["stroke"], done["runs"]) == ("done", 24, 2)
    assert done["twice"] <= 3
    assert [plot["id"] for plot in json.loads(drawscape("plots", "list", "--json"))] == [plot_id]


def test_a_person_answers_pauses_and_changes_the_pen(drawing, home, start_workers):
    start_workers(1)
    plot_id = drawscape("plot", drawing, "--on", "desk")
    assert "60 x 60 mm" in wait_for_state(plot_id, "waiting for paper")["question"]
    drawscape("plots", "answer", plot_id)
    assert "zero" in wait_for_state(plot_id, "waiting for position")["question"]
    drawscape("plots", "answer", plot_id)
    wait_until(lambda: shown(plot_id)["stroke"] >= 2, timeout_s=120)
    drawscape("plots", "set", plot_id, "--speed", "150", "--keep")
    drawscape("plots", "pause", plot_id)
    paused = wait_for_state(plot_id, "paused")
    assert find_plot(plot_id).words.endswith("pen 1 is up")
    drawscape("machine", "pen", "desk", "down")
    assert find_plot(plot_id).words.endswith("pen 1 is down")
    # A jog that is refused has already raised the pen, so nobody knows where it is.
    refused = CliRunner().invoke(root, ["machine", "jog", "desk", "900", "0"])
    assert refused.exit_code == 1
    assert find_plot(plot_id).words.endswith("pen 1")
    drawscape("machine", "pen", "desk", "down")
    drawscape("machine", "jog", "desk", "1", "0")
    assert find_plot(plot_id).words.endswith("pen 1")
    drawscape("plots", "resume", plot_id)
    pen = wait_for_state(plot_id, "waiting for pen")
    assert (pen["stroke"], pen["pen"], "pen 2" in pen["question"]) == (12, 2, True)
    assert (paused["stroke"] < 12, paused["height"], pen["height"]) == (True, "up", "")
    drawscape("plots", "answer", plot_id)
    done = wait_for_state(plot_id, "done")
    assert (done["runs"], done["twice"]) == (1, 0)
    assert read_device("desk").settings["speed"] == 150.0


def test_stopping_lifts_the_pen_and_the_plot_can_still_go_on(drawing, home, start_workers):
    start_workers(1)
    plot_id = drawscape("plot", drawing, "--on", "desk", "--yes", "--zero-here")
    wait_until(lambda: shown(plot_id)["stroke"] >= 3, timeout_s=120)
    drawscape("plots", "stop", plot_id)
    stopped = wait_for_state(plot_id, "interrupted")
    assert stopped["reason"] == "stopped"
    again = "plots", "resume", plot_id, "--wait", "--yes", "--zero-here", "--from-stroke"
    with pytest.raises(PlotError, match="give 1 to 24"):
        drawscape(*again, "25")
    drawscape(*again, "13")
    assert shown(plot_id)["stroke"] == 24
    assert (find_plot(plot_id).refresh().drawn == 0).sum() >= 12 - stopped["stroke"] - 3


def test_without_a_terminal_each_question_is_printed_with_the_command_that_answers(
    drawing, home, start_workers
):
    start_workers(1)
    command = [sys.executable, "-m", "drawscape", "plot", drawing, "--on", "desk", "--wait"]
    pipe, none = subprocess.PIPE, subprocess.DEVNULL
    answered = []
    with subprocess.Popen(command, stdin=none, stdout=none, stderr=pipe, text=True) as waiting:
        for line in waiting.stderr:
            if found := re.search(r"To say yes: `drawscape (plots answer \S+)`", line):
                answered.append(line)
                drawscape(*found[1].split())
    assert waiting.returncode == 0
    assert ["60 x 60 mm" in answered[0], "pen 2" in answered[-1], len(answered)] == [True, True, 3]


def test_ctrl_c_ends_the_waiting_and_says_that_the_plot_goes_on(drawing, home, start_workers):
    start_workers(1)
    words = ["plot", drawing, "--on", "desk", "--yes", "--zero-here", "--wait"]
    command = [sys.executable, "-m", "drawscape", *words]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as waiting:
        plot_id = waiting.stdout.readline().strip()
        wait_until(lambda: shown(plot_id)["stroke"] >= 2)
        waiting.send_signal(signal.SIGINT)
        said = waiting.communicate(timeout=60)[1]
    assert waiting.returncode == 130
    assert "the plot goes on without this command: it is plotting at stroke" in said
    assert said.endswith(f"To stop it: `drawscape plots stop {plot_id}`\n")
    assert "interrupted" not in said
    wait_for_state(plot_id, "done")


@pytest.mark.parametrize("end", ["the job is canceled", "it hangs and is killed"])
def test_the_pen_is_lifted_in_the_middle_of_a_stroke_when(bench, home, start_workers, end):
    carriage = bench("ebb", EbbEmulator, scale=3.0).emulator.carriage
    way = np.stack((np.linspace(5, 55, 40), np.tile((5.0, 55.0), 20)), axis=1)
    layer = Layer("1 pen", "black", None, Lines.of([way]))
    save(Document(60, 60, (layer,)), home / "long.svg")
    worker = start_workers(1)
    plot_id = drawscape("plot", str(home / "long.svg"), "--on", "desk", "--yes", "--zero-here")
    wait_until(lambda: carriage.down, "the pen to be down")
    if "canceled" in end:
        assert cancel_job(find_plot(plot_id).state.job)
    else:  # all that it has started is killed, too, but for what lifts the pen
        os.kill(driving(find_plot(plot_id)), signal.SIGSTOP)
        worker.stop()
    assert wait_for_state(plot_id, "interrupted")["stroke"] == 0
    wait_until(lambda: not carriage.down, "the pen to be lifted")


def test_two_machines_plot_at_once_and_a_third_plot_waits_in_its_lane(drawing, home, start_workers):
    for name in ("desk", "hall"):
        drawscape("machine", "add", name, "--driver", "simulator", "--port", "15x")
    start_workers(4)
    first, other = (drawscape("plot", drawing, "--on", on) for on in ("desk", "hall"))
    second = drawscape("plot", drawing, "--on", "desk", "--yes", "--zero-here")
    for question in ("paper", "position", "pen"):  # both hold their machines meanwhile
        for plot_id in (first, other):
            wait_for_state(plot_id, f"waiting for {question}")
        assert shown(second)["state"] == "ready"
        assert sorted(job.status for job in list_jobs()) == ["queued", "started", "started"]
        for plot_id in (first, other):
            drawscape("plots", "answer", plot_id)
    for plot_id in (first, other, second):
        wait_for_state(plot_id, "done")


def test_jogging_and_the_frame_in_the_air_move_the_pen_up(drawing, home):
    plot_id = drawscape("plot", drawing, "--on", "desk")  # no worker: it only waits
    assert "does not know where its pen is" in drawscape("machine", "check", "desk")
    drawscape("machine", "zero", "desk")
    drawscape("machine", "jog", "desk", "12", "3.5")
    assert "the pen is at 12.00, 3.50" in drawscape("machine", "check", "desk")
    drawscape("machine", "zero", "desk")
    drawscape("plots", "frame", plot_id)
    drawscape("machine", "pen", "desk", "down")
    assert "the pen is at 0.00, 0.00" in drawscape("machine", "check", "desk")
    drawscape("plots", "stop", plot_id)
    assert shown(plot_id)["state"] == "abandoned"


@pytest.fixture
def posted():
    """What is posted to a server that refuses nothing, and its URL."""
    texts = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            texts.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield texts, f"http://127.0.0.1:{server.server_port}/plots"
        server.shutdown()


def test_a_person_is_told_once_of_each_question_and_of_the_end(
    drawing, home, posted, start_workers
):
    texts, url = posted
    told = home / "told.txt"
    note = home / "note.py"
    note.write_text(f"import sys; open({str(told)!r}, 'a').write(repr(sys.argv[1:]) + chr(10))")
    settings = home / "drawscape.toml"
    settings.write_text(f"notify = \"{sys.executable} '{note}'\"\nnotify_url = '{url}'\n")
    start_workers(1)
    plot_id = drawscape("plot", str(drawing), "--on", "desk")
    wait_for_state(plot_id, "waiting for paper")
    wait_until(lambda: len(texts) == 1)
    settings.write_text("notify = 'no-such-command'\n")
    drawscape("plots", "stop", plot_id)
    job = find_plot(plot_id).state.job
    wait_until(lambda: "was not sent: [Errno 2]" in get_job(job).logs())
    assert told.read_text() == f"{[texts[0], plot_id]!r}\n"
    assert texts[0].startswith("plot two.svg on desk: Is a sheet of 60 x 60 mm in desk")


def test_a_plot_is_mailed_listed_and_remembered_with_its_drawing(
    drawing, home, start_workers, monkeypatch
):
    monkeypatch.setenv("DRAWSCAPE_PLOT_MAIL", "ada@example.org")
    start_workers(2)
    file = Path(enqueue_background_job(generate_complex_svg, 50, 50, "spiral", turns=3).wait(60))
    plot_id = drawscape("plot", str(file), "--on", "desk")
    wait_for_state(plot_id, "waiting for paper")
    assert f"plot {file.name} on desk" in drawscape("jobs", "list", "--json")
    asked = ["waiting for paper"]
    while asked[-1] != "done":
        drawscape("plots", "answer", plot_id)
        wait_until(lambda: shown(plot_id)["state"] not in ("plotting", asked[-1]), timeout_s=240)
        asked.append(shown(plot_id)["state"])
    mails = home / "output" / "mail"
    wait_until(lambda: len(list(mails.glob("*.eml"))) == len(asked), timeout_s=120)
    subjects = [read(path)["Subject"] for path in mails.glob("*.eml")]
    assert sorted(subject.partition(": ")[2] for subject in subjects) == sorted(asked)
    assert [one.path for one in drawings(plotted=True)] == [file]
    (cell,) = history().cells.values()
    assert "plotted" in cell.caption
    assert "on desk with" in cell.caption
