"""`DRAWSCAPE_OUTPUT`: another folder than `output/`, which several machines may share."""

import pickle
from pathlib import Path

import pytest
from support import run

from drawscape import settings
from drawscape.catalogue import drawings
from drawscape.errors import ForbiddenPathError, SettingsError
from drawscape.jobs import default_queue, enqueue_background_job, enqueue_many
from drawscape.queue.codec import of_call
from drawscape.queue.task import located, portable_paths
from drawscape.tasks.drawing import generate_complex_svg

OPTIMIZE = "drawscape.tasks.plotting.optimize_svg"


@pytest.fixture
def shared(home, tmp_path, monkeypatch):
    """The output folder, as this machine has it."""
    monkeypatch.setenv("DRAWSCAPE_OUTPUT", str(tmp_path / "shared"))
    return (tmp_path / "shared").resolve()


@pytest.fixture
def mount_elsewhere(shared, monkeypatch):
    """Work as another machine, which has the folder at another path; return that path."""

    def mount():
        folder = shared.with_name("mounted")
        shared.rename(folder)
        monkeypatch.setenv("DRAWSCAPE_OUTPUT", str(folder))
        return folder

    return mount


def test_the_output_may_be_another_folder(home, shared):
    path = generate_complex_svg(60, 60, "spiral", "one")
    assert path == str(shared / "one.svg")
    assert [one.path for one in drawings()] == [Path(path)]
    assert settings.readable_path(path) == Path(path)
    with pytest.raises(ForbiddenPathError):
        settings.output_path("../two.svg")
    assert not (home / "output").exists()


@pytest.mark.parametrize("url", ["s3://ada:secret@studio/drawings", "file:///studio/drawings"])
def test_a_url_is_no_output_folder(home, tmp_path, monkeypatch, url):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DRAWSCAPE_OUTPUT", url)
    with pytest.raises(SettingsError, match="is a URL; name a folder") as raised:
        generate_complex_svg(60, 60, "spiral", "one")
    assert "secret" not in str(raised.value)
    with pytest.raises(SettingsError, match="is a URL; name a folder"):
        enqueue_background_job(OPTIMIZE, path="one.svg")
    assert run("draw", "truchet", "--param", "tiles=3", "-o", "x.svg").code == 0


def test_paths_in_a_result_are_read_as_the_readers_own(home, shared, mount_elsewhere):
    path = Path(generate_complex_svg(60, 60, "spiral", "cards/one"))

    def result(path):
        return {"drawing": str(path), "all": [path, (str(path), 1)], "other": "/etc/passwd"}

    message = pickle.dumps(portable_paths(result(path), home))
    own = mount_elsewhere() / "cards" / "one.svg"
    assert pickle.loads(message) == result(own)
    assert located("cards/one.svg", own.stat().st_mtime_ns, True) == str(own)  # as 0.4 wrote it
    assert located("gone.svg", None, False) == own.parents[1] / "gone.svg"


def test_paths_in_arguments_are_read_as_the_workers_own(shared, mount_elsewhere):
    path = generate_complex_svg(60, 60, "spiral", "one")
    enqueue_background_job(OPTIMIZE, path=path)
    enqueue_many(OPTIMIZE, [{"path": path}])
    queue = default_queue()
    own = mount_elsewhere() / "one.svg"
    for job_id, task, payload in queue.database.read("select id, task, payload from job"):
        assert queue.codec.loads(payload, of_call(job_id, task))[2] == {"path": str(own)}
