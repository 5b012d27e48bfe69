"""`DRAWSCAPE_OUTPUT`: another folder, or an object store, which is a real server here."""

from pathlib import Path

import pytest
from object_store import object_store, variables_of
from support import run

from drawscape import settings
from drawscape.atomic import write_atomic
from drawscape.catalogue import drawings, refresh
from drawscape.errors import ForbiddenPathError, OutputStoreError
from drawscape.jobs import default_queue, enqueue_background_job, enqueue_many
from drawscape.output_store import fetch, store
from drawscape.queue.codec import of_call
from drawscape.queue.task import portable_paths
from drawscape.sketches import draw
from drawscape.tasks.drawing import generate_complex_svg

OPTIMIZE = "drawscape.tasks.plotting.optimize_svg"


@pytest.fixture
def bucket(home, monkeypatch):
    with object_store(monkeypatch) as found:
        yield found


@pytest.fixture
def other_home(home, monkeypatch):
    """Work in another home, as on another machine, and return it."""

    def go(name):
        monkeypatch.setenv("DRAWSCAPE_HOME", str(home.with_name(name)))
        return home.with_name(name)

    return go


def test_the_output_may_be_another_folder(home, tmp_path, monkeypatch):
    monkeypatch.setenv("DRAWSCAPE_OUTPUT", str(tmp_path / "shared"))
    path = generate_complex_svg(60, 60, "spiral", "one")
    assert path == str((tmp_path / "shared" / "one.svg").resolve())
    assert [one.path for one in drawings()] == [Path(path)]
    assert settings.readable_path(path) == Path(path)
    with pytest.raises(ForbiddenPathError):
        settings.output_path("../two.svg")
    assert not (home / "output").exists()


URLS = ("ftp://{}127.0.0.1:9/x", "s3://{}bucket/x", "htt://{}example.org/x")


@pytest.mark.parametrize("url", URLS)
def test_a_store_s_password_is_in_no_message(home, monkeypatch, url):
    monkeypatch.chdir(home.parent)
    monkeypatch.setenv("DRAWSCAPE_OUTPUT", url.format("ada:secret@"))
    done = run("doctor")
    assert f"DRAWSCAPE_OUTPUT={url.format('')}: " in done.out
    assert "secret" not in done.out + done.err
    assert run("draw", "truchet", "--param", "tiles=3", "-o", "x.svg").code == 0  # not in the store
    with pytest.raises(OutputStoreError) as raised:
        generate_complex_svg(60, 60, "spiral", "one")
    assert "secret" not in str(raised.value)


def test_what_is_written_is_in_the_store_whole_or_not_at_all(bucket, home):
    path = Path(generate_complex_svg(60, 60, "spiral", "cards/one"))
    assert bucket.read("cards/one.svg") == path.read_bytes()
    bucket.remove_bucket()
    with pytest.raises(OutputStoreError, match="no such bucket"):
        generate_complex_svg(60, 60, "spiral", "cards/two", seed=2)
    assert {one.name for one in path.parent.iterdir()} == {"one.svg"}


def test_what_another_machine_drew_is_listed_shown_and_not_drawn_again(bucket, home, other_home):
    first = Path(generate_complex_svg(60, 60, "harmonograph", seed=3))
    other_home("second")
    (found,) = drawings("harmonograph")
    assert found.path.read_bytes() == first.read_bytes()
    assert found.path.is_relative_to(home.with_name("second"))
    assert found.export("png").stat().st_size > 1000
    assert len(found.thumbnail) > 100
    third = other_home("third")
    again = generate_complex_svg(60, 60, "harmonograph", seed=3)  # a look into the store is enough
    assert Path(again).stat().st_mtime_ns == first.stat().st_mtime_ns
    assert Path(again).is_relative_to(third)
    other_home("second")
    found.delete()
    assert bucket.names() == {f"drawings/{first.stem}.png"}


def test_a_copy_follows_its_object(bucket, home, other_home):
    path = settings.output_path("notes.svg")
    write_atomic(path, [b"<svg>1</svg>"])
    for text in (b"<svg>2</svg>", b"<svg>3</svg>"):  # of one size, within a second
        bucket.write("notes.svg", text)
        assert settings.fetched(path).read_bytes() == text
    bucket.write("more/new.svg", draw("spiral", 50, 50).to_bytes())
    assert refresh() == 1
    assert settings.readable_path("output/more/new.svg").is_file()
    asked = path.stat().st_mtime_ns
    bucket.remove_bucket()
    fetch(path, settings.output_folder(), asked)  # nothing is asked of the store
    with pytest.raises(FileNotFoundError):
        settings.readable_path("output/none.svg")


def test_a_path_becomes_the_readers_own(bucket, home, other_home):
    import pickle

    path = Path(generate_complex_svg(60, 60, "spiral", "one"))

    def result(path):
        return {"drawing": str(path), "all": [path, (str(path), 1)], "other": "/etc/passwd"}

    message = pickle.dumps(portable_paths(result(path), home))
    own = other_home("second").resolve() / "output" / "one.svg"
    assert pickle.loads(message) == result(own)
    assert own.read_bytes() == path.read_bytes()


def test_a_path_in_an_order_becomes_the_workers_own(bucket, home, other_home):
    path = generate_complex_svg(60, 60, "spiral", "one")
    enqueue_background_job(OPTIMIZE, path=path)
    enqueue_many(OPTIMIZE, [{"path": path}])
    queue = default_queue()
    own = other_home("second").resolve() / "output" / "one.svg"
    for job_id, task, payload in queue.database.read("select id, task, payload from job"):
        assert queue.codec.loads(payload, of_call(job_id, task))[2] == {"path": str(own)}


def test_a_store_that_lets_nobody_in_is_named(bucket, home):
    bucket.refuse_keys()
    with pytest.raises(OutputStoreError, match=r"s3://studio/drawings: no rights"):
        generate_complex_svg(60, 60, "spiral", "one")


def test_a_store_that_cannot_be_reached_is_named(home, monkeypatch):
    for name, value in variables_of("http://127.0.0.1:9", "s3://studio").items():
        monkeypatch.setenv(name, value)
    with pytest.raises(OutputStoreError, match="cannot be reached"):
        store().check()
    monkeypatch.setenv("DRAWSCAPE_OUTPUT", "nothing://known")
    with pytest.raises(OutputStoreError, match="nothing"):
        store()
