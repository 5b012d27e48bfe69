"""The connection is cut right after each thing that a verb sends: it is done once, or says that it is not."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from postgres_proxy import Cutter
from postgres_server import Server, find_binaries, new_schema
from queue_verbs import VERBS, Verb

from drawscape.errors import DrawscapeError, QueueError
from drawscape.job_manager import check_queue, default_queue

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server of this module's own, which listens where a proxy reaches it."""
    one = Server(find_binaries(), listen_addresses="127.0.0.1").start()
    yield one
    one.remove()


@pytest.fixture
def cutter(server: Server, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cutter]:
    """What cuts connections of the queue that the home uses."""
    proxy = Cutter(server.port)
    monkeypatch.setenv("DRAWSCAPE_QUEUE", proxy.url_of(new_schema(server.url)))
    default_queue()
    yield proxy
    proxy.close()


@pytest.mark.parametrize("make", VERBS)
def test_a_verb_whose_connection_is_cut_is_done_once_or_says_that_it_was_not(
    cutter: Cutter, make: Callable[[str], Verb]
):
    cuts = 0
    for after in itertools.count():
        verb = make(f"job{after}")
        verb.prepare()
        cutter.arm(after)
        refused = None
        try:
            verb.act()
        except DrawscapeError as error:
            refused = error
        was_cut, cutter.armed = cutter.armed is None, None
        cuts += was_cut
        done = verb.is_done()
        if refused is None:
            assert done, f"cut after {after}: it returned, and was not done"
        else:
            assert isinstance(refused, QueueError)
            assert "nothing was written" in str(refused) or "may have been written" in str(refused)
            if "nothing was written" in str(refused):
                assert not done, f"cut after {after}: {refused}"
        if not done:
            verb.act()
            assert verb.is_done()
        assert check_queue() == []
        with default_queue().database.transaction() as connection:
            connection.execute("delete from job_dependency")
            connection.execute("delete from job")
        if not was_cut:
            break
    assert cuts >= 1
