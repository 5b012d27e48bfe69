"""The connection is cut right after each thing that a verb sends: it is done once, or says that it is not."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from postgres_server import Server, find_binaries, new_schema
from queue_hand import hand_of

from drawscape.errors import DrawscapeError, QueueError
from drawscape.job_manager import (
    cancel_job,
    check_queue,
    default_queue,
    delete_job,
    enqueue_background_job,
    enqueue_many,
    get_job,
    get_job_status,
    list_jobs,
    pause_queue,
    queue_is_paused,
    retry_job,
)
from drawscape.queue.engines.engine import CommitInDoubt
from drawscape.queue.table.claims import (
    acknowledge,
    acknowledge_all,
    claim,
    give_back,
    note_progress,
)
from drawscape.queue.table.records import Claim, Outcome
from drawscape.queue.worker.hand import Ended

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

TASK = "sampletasks.nothing"


class Cutter:
    """Passes bytes on; cuts one client off after the server has done what its next message but some asks."""

    def __init__(self, port: int) -> None:
        self._server_port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.armed: tuple[int, int] | None = None
        """The client's port, and how many of its messages pass before that."""
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, after: int) -> None:
        """Cut off the connection of the calling thread after so many messages and one more."""
        raw = default_queue().database.connection.raw
        with socket.socket(fileno=socket.dup(raw.fileno())) as own:
            self.armed = own.getsockname()[1], after

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, address = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server_port))
                cut = threading.Event()
                for move in (
                    lambda c=client, s=server, p=address[1], e=cut: self._ask(c, s, p, e),
                    lambda c=client, s=server, e=cut: self._answer(c, s, e),
                ):
                    threading.Thread(target=move, daemon=True).start()

    def _ask(
        self, client: socket.socket, server: socket.socket, port: int, cut: threading.Event
    ) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                if self.armed is not None and self.armed[0] == port:
                    self.armed = (port, self.armed[1] - 1)
                    if self.armed[1] < 0:
                        self.armed = None
                        cut.set()
                server.sendall(data)
            server.shutdown(socket.SHUT_RDWR)

    def _answer(self, client: socket.socket, server: socket.socket, cut: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if cut.is_set():  # it is done, and nobody learns of it
                    break
                client.sendall(data)
        for one in (client, server):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server of this module's own, which listens where a proxy reaches it."""
    one = Server(find_binaries(), listen_addresses="127.0.0.1").start()
    yield one
    one.remove()


@pytest.fixture
def cutter(server: Server, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cutter]:
    """What cuts connections of the queue that the home uses."""
    schema = new_schema(server.url).rpartition("application_name=")[2]
    proxy = Cutter(server.port)
    url = f"postgresql://postgres@127.0.0.1:{proxy.port}/postgres?application_name={schema}"
    monkeypatch.setenv("DRAWSCAPE_QUEUE", url)
    default_queue()
    yield proxy
    proxy.close()


def claimed() -> Claim:
    found = claim(default_queue().database, "background", "worker", None)
    assert found is not None
    return found


def held(job_id: str) -> Claim:
    found = claimed()
    assert found.id == job_id
    return found


class Verb:
    """Something that is done to a job, and how one sees that it was."""

    def __init__(self, job_id: str) -> None:
        self.id = job_id
        self.database = default_queue().database

    def prepare(self) -> None:
        enqueue_background_job(TASK, job_id=self.id)

    def act(self) -> object:
        raise NotImplementedError

    def is_done(self) -> bool:
        raise NotImplementedError

    def status(self) -> str:
        return str(get_job_status(self.id)["status"])


class Enqueue(Verb):
    def prepare(self) -> None:
        pass

    def act(self) -> object:
        return enqueue_background_job(TASK, job_id=self.id)

    def is_done(self) -> bool:
        return self.status() == "queued"


class EnqueueAfter(Enqueue):
    def prepare(self) -> None:
        enqueue_background_job(TASK, job_id=f"{self.id}-needed")

    def act(self) -> object:
        return enqueue_background_job(TASK, job_id=self.id, job_depends_on=f"{self.id}-needed")

    def is_done(self) -> bool:
        return self.status() == "deferred"


class EnqueueMany(Verb):
    def prepare(self) -> None:
        self.jobs = len(list_jobs(limit=None))

    def act(self) -> object:
        return enqueue_many(TASK, [{}] * 10, then=TASK)

    def is_done(self) -> bool:
        made = len(list_jobs(limit=None)) - self.jobs
        assert made in (0, 11)
        return made == 11


class Claimed(Verb):
    def act(self) -> object:
        return held(self.id)

    def is_done(self) -> bool:
        return self.status() == "started"


class Acknowledge(Verb):
    def prepare(self) -> None:
        super().prepare()
        self.held = held(self.id)

    def act(self) -> object:
        accepted, following = acknowledge(
            self.database, self.held, Outcome("finished"), next_for=("background", "worker", None)
        )
        assert (accepted, following) == (True, None)
        return accepted

    def is_done(self) -> bool:
        return self.status() == "finished"


class AcknowledgeInLane(Acknowledge):
    """Sent in one go with the next claim, within a transaction that is alone."""

    def prepare(self) -> None:
        enqueue_background_job(TASK, job_id=self.id, job_lane="fast")
        self.held = held(self.id)


class AcknowledgeSeveral(Acknowledge):
    """With the next claims: none of those runs here if the answer was lost, and none is lost."""

    def prepare(self) -> None:
        enqueue_many(TASK, [{}] * 6)
        self.ends = [(claimed(), Outcome("finished")) for _ in range(3)]

    def act(self) -> object:
        try:
            accepted, following = acknowledge_all(
                self.database, self.ends, next_for=("background", "worker", None), most=2
            )
        except CommitInDoubt:
            assert not self.is_done()  # else it is found out
            raise
        assert accepted == [True] * 3
        assert len(following) in (0, 2)
        return accepted

    def is_done(self) -> bool:
        ended = {str(job.status) for job in list_jobs(limit=None) if job.id in self.ids()}
        assert len(ended) == 1
        return ended == {"finished"}

    def ids(self) -> set[str]:
        return {held.id for held, _ in self.ends}


class LetGo(Acknowledge):
    """By a slot whose job takes its time: what may be another's by now does not run here."""

    def prepare(self) -> None:
        enqueue_many(TASK, [{}] * 4)
        self.hand = hand_of(self.database)
        self.hand.end(Ended(claimed(), Outcome("finished")), 0.0)
        assert len(self.hand.jobs()) == 2

    def act(self) -> object:
        self.hand.let_go()
        if held := {job.id for job in self.hand.jobs()}:
            assert held <= {job.id for job in list_jobs(status="started")}
            raise QueueError("nothing was written")
        return None

    def is_done(self) -> bool:
        return not self.hand.jobs()


class Fail(Acknowledge):
    """With a try that is left: a longer transaction."""

    def prepare(self) -> None:
        enqueue_background_job(TASK, job_id=self.id, job_retries=1, job_retry_delay=3600)
        self.held = held(self.id)

    def act(self) -> object:
        return acknowledge(self.database, self.held, Outcome("failed", "exception", error="no ink"))

    def is_done(self) -> bool:
        left = "select retries from job where id = ?"
        done = self.status() == "scheduled"
        assert self.database.connection.execute(left, (self.id,)).fetchone()[0] == int(not done)
        return done


class GiveBack(Acknowledge):
    def act(self) -> object:
        return give_back(self.database, self.held)

    def is_done(self) -> bool:
        return self.status() == "queued"


class Progress(Acknowledge):
    def act(self) -> object:
        return note_progress(self.database, self.held, 0.5, "half", None)

    def is_done(self) -> bool:
        return get_job(self.id).refresh().progress == 0.5


class Cancel(Verb):
    def act(self) -> object:
        return cancel_job(self.id)

    def is_done(self) -> bool:
        return self.status() == "canceled"


class Retry(Verb):
    def prepare(self) -> None:
        super().prepare()
        cancel_job(self.id)

    def act(self) -> object:
        return retry_job(self.id)

    def is_done(self) -> bool:
        return self.status() == "queued"


class Delete(Retry):
    def act(self) -> object:
        return delete_job(self.id)

    def is_done(self) -> bool:
        return self.status() == "not_found"


class Pause(Verb):
    def act(self) -> object:
        return pause_queue(self.id)

    def is_done(self) -> bool:
        return queue_is_paused(self.id)


VERBS: list[Callable[[str], Verb]] = [
    Enqueue,
    EnqueueAfter,
    EnqueueMany,
    Claimed,
    Acknowledge,
    AcknowledgeInLane,
    AcknowledgeSeveral,
    LetGo,
    Fail,
    GiveBack,
    Progress,
    Cancel,
    Retry,
    Delete,
    Pause,
]


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
