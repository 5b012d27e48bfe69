"""Several threads at one widget: the cell's, the reader's, that for slow work, those of pages."""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial

import pytest
from comm.base_comm import BaseComm
from support import send, wait_until

from drawscape.catalogue import drawings
from drawscape.catalogue.database import catalogue_file, open_file
from drawscape.machine.device import add_device
from drawscape.machine.plot import Plot, find_plot
from drawscape.notebook import PlotPanel, evolve, form, view
from drawscape.notebook.threads import Debounce
from drawscape.sketches import draw

pytestmark = pytest.mark.usefixtures("consumer")


class Page(BaseComm):
    """What a page was sent: the states of a widget, and messages."""

    def __init__(self, widget):
        self.states, self.sent = [], []
        super().__init__(target_name="jupyter.widget")
        widget.comm = self

    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
        time.sleep(0.001)  # the socket may be busy
        if data and data["method"] == "update":
            self.states.append(data["state"].get("state"))
        elif data:
            self.sent.append(data["content"])


@pytest.fixture
def together():
    """Call functions at the same time, each in a thread that may be interrupted anywhere."""

    def run(*actions):
        start = threading.Barrier(len(actions))
        with ThreadPoolExecutor(len(actions)) as threads:
            made = [threads.submit(lambda act=act: (start.wait(), act())) for act in actions]
        assert [one.exception() for one in made] == [None] * len(actions)

    switch_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield run
    sys.setswitchinterval(switch_s)


def test_a_control_stays_as_it_was_set_while_another_thread_sets_its_neighbour(together):
    shown = evolve("spiral", size=2)
    shown.controls = [*shown.controls, *({"id": f"more {n}"} for n in range(2000))]
    for name in ("turns", "seed") * 15:
        together(partial(shown.lock, name), shown.refresh)
        options = next(one["options"] for one in shown.controls if one["id"] == "lock")
        assert [option for option, is_on in options if is_on] == [name]


def test_a_page_that_opens_shows_what_a_view_was_shown_last(together):
    old, new = (draw("spiral", 50, 50, turns=n).document() for n in (5, 6))
    for _ in range(60):
        shown = view(old, title="old")
        page = Page(shown)
        together(partial(shown.show, new, title="new"), partial(send, shown, "ready"))
        assert page.sent[-1]["drawings"][0]["title"] == "new"


def test_a_plot_panel_never_goes_back(together):
    add_device("desk", "simulator", "100x")
    plot = Plot.create(draw("schotter", 100, 150).document(), "desk")
    journal, strokes = find_plot(plot.id).journal, plot.strokes
    journal.append("run", first=0)
    panel = PlotPanel(plot)
    page = Page(panel)

    def watch():
        while panel.state["stroke"] < strokes:
            panel.wait(0)

    together(
        lambda: [journal.append("stroke", soon=True, k=k) for k in range(1, strokes + 1)],
        *(watch, watch),
    )
    seen = [state["stroke"] for state in page.states]
    assert seen == sorted(seen)


def test_a_change_in_the_moment_in_which_a_draft_is_kept_is_drawn():
    shown = form("spiral", paper="A7", live=True)
    send(shown, "change", inputs={"turns": "17"})
    wait_until(lambda: "draft" in shown.state.get("caption", ""), "a draft")
    change = partial(send, shown, "change", inputs={"turns": "19"}, gesture=2)
    hand = threading.Thread(target=change)
    with closing(open_file(catalogue_file())) as other:
        other.execute("begin immediate")  # so that the moment lasts
        reader = next(t for t in threading.enumerate() if t.name == "drawscape-states")

        def keeps():
            frame = sys._current_frames()[reader.ident]
            while frame and frame.f_code.co_name != "keep_draft":
                frame = frame.f_back
            return frame

        wait_until(keeps, "the moment")
        hand.start()
        hand.join(1)
    hand.join()
    wait_until(lambda: len(drawings("spiral", turns=19)) == 1, "the last picture", 20)


def test_a_debounced_call_comes_once_a_period_after_the_last_request():
    calls = []
    debounce = Debounce(0.2, lambda: calls.append(time.monotonic()), from_last=True)
    for _ in range(50):
        asked = time.monotonic()
        debounce.request()
    wait_until(lambda: calls and not debounce.is_due, "the call")
    assert calls[-1] >= asked + 0.2
    assert len(calls) < 50
