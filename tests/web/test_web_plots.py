"""/plots: how far plots are, their strokes, and their buttons."""

import json

import pytest
from machine_bench import scribble

from drawscape.plotter.device import add_device
from drawscape.plotter.plot import Plot


@pytest.fixture
def plot(home):
    add_device("sim", "simulator", "50x")
    return Plot.create(scribble(strokes=3), "sim", drawing="three.svg")


def test_plots_are_listed_with_their_strokes(client, plot):
    listed = client.get("/plots/list").json["plots"]
    assert [(one["id"], one["state"], one["strokes"]) for one in listed] == [(plot.id, "ready", 3)]
    packed = client.get(f"/plots/{plot.id}/lines").data
    length = int.from_bytes(packed[:8], "little")
    header = json.loads(packed[8 : 8 + length])
    assert (header["strokes"], header["width"]) == (3, 60.0)
    assert len(packed) == 8 + length + 8 * (2 * header["points"] + 4 + 3)
    assert b"plots.js" in client.get("/plots").data


def test_a_button_is_refused_with_words_when_it_makes_no_sense(client, plot):
    answer = client.post(f"/plots/{plot.id}/actions/pause", json={})
    assert (answer.status_code, "does not run" in answer.json["detail"]) == (409, True)
    assert client.post("/plots/none/actions/pause", json={}).status_code == 404
    assert client.post(f"/plots/{plot.id}/actions/stop", json={}).json["state"] == "abandoned"


def test_only_who_is_near_drives_a_machine(client, plot):
    far = {"environ_base": {"REMOTE_ADDR": "192.0.2.7"}}
    assert client.post(f"/plots/{plot.id}/actions/stop", json={}, **far).status_code == 403
    proxied = {"X-Forwarded-For": "192.0.2.7"}
    assert (
        client.post(f"/plots/{plot.id}/actions/stop", json={}, headers=proxied).status_code == 403
    )
