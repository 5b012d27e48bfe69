"""Orders under load: 50 connections on POST /artboard/create of a real `drawscape web`.

    python tests/benchmarks/bench_web.py [--connections 50] [--seconds 10] [--rounds 3] [--worker]

Prints rate, p50 and p99 of the answers, whether a returned id is missing from the queue, and the server's
memory after each round. `wrk` measures too where it is installed. Without --worker nothing is drawn, so
that the figures are the front's and the queue's alone.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
ORDER = {"width": 100, "height": 100, "pattern": "spiral", "id": "bench", "params": {"turns": 5}}


@dataclass
class Tally:
    """What the clients saw."""

    times_s: list[float] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)


class Client(asyncio.Protocol):
    """One connection that sends its next order as soon as it has the answer to the last."""

    def __init__(self, request: bytes, tally: Tally, until: float) -> None:
        self.request, self.tally, self.until = request, tally, until
        self.done = asyncio.get_running_loop().create_future()
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.send()

    def send(self) -> None:
        self.received = b""
        self.sent_at = time.perf_counter()
        self.transport.write(self.request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found or len(body) < int(re.search(rb"Content-Length: (\d+)", head)[1]):
            return
        self.tally.times_s.append(time.perf_counter() - self.sent_at)
        status = int(head[9:12])
        self.tally.statuses[status] += 1
        if status == 200:
            self.tally.ids.append(json.loads(body)["job_id"])
        if time.perf_counter() < self.until:
            self.send()
        else:
            self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(error)


async def load(port: int, connections: int, seconds: float) -> Tally:
    """Return what `connections` clients saw in `seconds`."""
    body = json.dumps(ORDER).encode()
    head = (
        f"POST /artboard/create HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    request, tally = head.encode() + body, Tally()
    until = time.perf_counter() + seconds
    loop = asyncio.get_running_loop()
    clients = [
        (await loop.create_connection(lambda: Client(request, tally, until), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    await asyncio.gather(*(client.done for client in clients))
    return tally


@contextmanager
def server(home: Path, *, worker: bool, threads: int) -> Iterator[tuple[int, psutil.Process]]:
    """Run `drawscape web` in `home`; yields its port and process."""
    command = [sys.executable, "-m", "drawscape", "web", "--port", "0"]
    command += ["--max-queued", "10000000", "--threads", str(threads)]
    command += [] if worker else ["--no-worker"]
    environment = {**os.environ, "DRAWSCAPE_HOME": str(home)}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    )
    port = None
    for line in process.stderr:
        if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
            port = int(found[1])
        if "reach" in line:
            break
    try:
        yield port, psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def report(tally: Tally, seconds: float) -> None:
    """Print rate and percentiles of one round."""
    cuts = statistics.quantiles(tally.times_s, n=100)
    rate = len(tally.times_s) / seconds
    print(
        f"  {rate:8.0f} req/s   p50 {1e3 * cuts[49]:6.1f} ms   p99 {1e3 * cuts[98]:6.1f} ms   "
        f"max {1e3 * max(tally.times_s):6.1f} ms   answers {dict(tally.statuses)}"
    )


def with_wrk(port: int, connections: int, seconds: int, folder: Path) -> None:
    """Print wrk's own figures."""
    script = folder / "order.lua"
    script.write_text(
        f"wrk.method='POST'\nwrk.headers['Content-Type']='application/json'\n"
        f"wrk.body='{json.dumps(ORDER)}'\n"
    )
    url = f"http://127.0.0.1:{port}/artboard/create"
    options = ["-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script)]
    subprocess.run(["wrk", *options, url], check=True)


def lost(ids: list[str]) -> set[str]:
    """Return the ids that the queue does not know."""
    from drawscape.job_manager import list_jobs

    return set(ids) - {job.id for job in list_jobs(limit=None)}


def main() -> None:
    """Run the rounds and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=24)
    parser.add_argument("--worker", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DRAWSCAPE_HOME"] = folder
        ids: list[str] = []
        with server(Path(folder), worker=options.worker, threads=options.threads) as (port, served):
            asyncio.run(load(port, options.connections, 1.0))
            print(f"{options.connections} connections, {options.threads} threads, after a warm-up")
            for _ in range(options.rounds):
                tally = asyncio.run(load(port, options.connections, options.seconds))
                report(tally, options.seconds)
                ids += tally.ids
                print(f"    memory of the server {served.memory_info().rss / 2**20:.1f} MiB")
            if shutil.which("wrk"):
                with_wrk(port, options.connections, round(options.seconds), Path(folder))
        missing = lost(ids)
        print(f"  {len(ids)} ids returned, {len(set(ids))} different, {len(missing)} unknown")
    sys.exit(1 if missing or len(ids) != len(set(ids)) else 0)


if __name__ == "__main__":
    main()
