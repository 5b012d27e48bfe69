"""The processor time that a job costs, on each engine: of the worker with its children, and of the server.

`python tests/benchmarks/bench_cost.py [JOBS]`; `--write` puts the table onto the page on many machines. On a
busy machine a job takes up to twice as much.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))
from postgres_server import Server, find_binaries
from tables import PAGES, fill

PAGE = PAGES / "explanation" / "many-machines.md"
SLOTS = 2
ROWS = {
    "the caller, a job at a time": "caller, one by one",
    "the server, for that insert": "server, one by one",
    "the worker with its child": "worker and children",
    "the server, for claim and acknowledgement": "server, working",
}


def cpu_s(root: psutil.Process, *, also_root: bool = True) -> float:
    """Return what a process and those below it have used."""
    used = 0.0
    for process in ([root] if also_root else []) + root.children(recursive=True):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        used += times.user + times.system
    return used


def wait_for(count: int) -> None:
    from drawscape.job_manager import queue_statistics

    while queue_statistics().counts["finished"] < count:
        time.sleep(0.2)


def measure(jobs: int, server: psutil.Process | None) -> dict[str, float]:
    """Return microseconds a job: of the caller, of the worker, and of the server for either."""
    from drawscape.job_manager import enqueue_background_job, enqueue_many, workers_alive

    def server_s() -> float:
        return 0.0 if server is None else cpu_s(server)

    found: dict[str, float] = {}
    enqueue_background_job("workers.mine.nothing")
    few = jobs // 10
    caller, before = time.process_time(), server_s()
    for _ in range(few):
        enqueue_background_job("workers.mine.nothing")
    found["caller, one by one"] = (time.process_time() - caller) / few
    found["server, one by one"] = (server_s() - before) / few
    command = [
        sys.executable,
        "-m",
        "huey.bin.huey_consumer",
        "workers.huey",
        "-q",
        "-w",
        str(SLOTS),
    ]
    worker = psutil.Process(subprocess.Popen(command, cwd=os.environ["DRAWSCAPE_HOME"]).pid)
    while not workers_alive():
        time.sleep(0.05)
    wait_for(few + 1)
    enqueue_many("workers.mine.nothing", [{}] * 10)
    wait_for(few + 11)
    time.sleep(1)
    first, before, began = cpu_s(worker), server_s(), time.monotonic()
    enqueue_many("workers.mine.nothing", [{}] * jobs)
    wait_for(few + 11 + jobs)
    found["worker and children"] = (cpu_s(worker) - first) / jobs
    found["server, working"] = (server_s() - before) / jobs
    found["(wall)"] = (time.monotonic() - began) / jobs
    idle, before = cpu_s(worker), server_s()
    time.sleep(10)
    found["worker idle, share of a core in %"] = (cpu_s(worker) - idle) / 10 * 100 / 1e6
    found["server idle, share of a core in %"] = max(0.0, server_s() - before) / 10 * 100 / 1e6
    worker.terminate()
    worker.wait(60)
    return {name: value * 1e6 for name, value in found.items()}


def table(costs: dict[str, dict[str, float]]) -> str:
    """Return the costs in microseconds, and how many jobs a second a core carries that does nothing else.

    It is a core of the machine for SQLite, of the server for Postgres.
    """
    lines = ["| | SQLite | Postgres |", "|---|---|---|"]
    for what, name in ROWS.items():
        shown = [f"{found[name]:,.0f}" if found[name] else "" for found in costs.values()]
        lines.append(f"| {what} | {' | '.join(shown)} |")
    idle = [found["worker idle, share of a core in %"] for found in costs.values()]
    server = costs["postgres"]["server idle, share of a core in %"]
    lines.append(
        f"| an idle worker, of a core | {idle[0]:.1f} % | {idle[1]:.1f} %, and {server:.1f} % of the server |"
    )
    ours = costs["sqlite"]["caller, one by one"] + costs["sqlite"]["worker and children"]
    theirs = costs["postgres"]["server, one by one"] + costs["postgres"]["server, working"]
    lines.append(f"| **jobs a second for each core** | {1e6 / ours:,.0f} | {1e6 / theirs:,.0f} |")
    return "\n".join(lines)


def main() -> None:
    words = [word for word in sys.argv[1:] if word != "--write"]
    jobs = int(words[0]) if words else 5000
    costs = {}
    for engine in ("sqlite", "postgres"):
        home = Path(tempfile.mkdtemp(prefix="cost-"))
        (home / "workers").mkdir()
        (home / "workers" / "mine.py").write_text("def nothing():\n    return None\n")
        os.environ["DRAWSCAPE_HOME"] = str(home)
        sys.path.insert(0, str(home))
        server = None
        if engine == "postgres":
            binaries = find_binaries()
            assert binaries is not None
            server = Server(binaries, fsync="on").start()
            os.environ["DRAWSCAPE_QUEUE"] = server.url
        found = measure(jobs, server and psutil.Process(server._process.pid))
        print(engine, {name: round(value, 2) for name, value in found.items()}, flush=True)
        costs[engine] = found
        if server is not None:
            server.remove()
    print(table(costs))
    if "--write" in sys.argv:
        fill(PAGE, "bench-cost", table(costs))


if __name__ == "__main__":
    main()
