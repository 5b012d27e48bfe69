"""Real parts: a home in a temporary folder, a queue file in it, real `huey_consumer` processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support import wait_until

from drawscape.queue.engines.sqlite.liveness import living

TASKS = Path(__file__).with_name("sample_tasks.py")


def _make_home(folder: Path, patch: pytest.MonkeyPatch) -> Path:
    """A home with a task module of its own, `sampletasks`."""
    (folder / "modules").mkdir(parents=True)
    (folder / ".drawscape").mkdir()
    (folder / "modules" / "sampletasks.py").write_text(TASKS.read_text())
    patch.setenv("DRAWSCAPE_HOME", str(folder))
    patch.setenv("DRAWSCAPE_TASK_MODULES", "sampletasks")
    patch.setenv("PYTHONPATH", str(folder / "modules"))
    patch.syspath_prepend(str(folder / "modules"))
    sys.modules.pop("sampletasks", None)
    return folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of the test's own; start a consumer with `start_consumer` if it needs one."""
    yield _make_home(tmp_path / "home", monkeypatch)
    sys.modules.pop("sampletasks", None)


@pytest.fixture(scope="module")
def worked_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home that a module's tests share, with a consumer of two slots at work."""
    with pytest.MonkeyPatch.context() as patch:
        folder = _make_home(tmp_path_factory.mktemp("worked") / "home", patch)
        consumer = Consumer(folder, "-w", "2").await_alive()
        yield folder
        consumer.stop()
    sys.modules.pop("sampletasks", None)


class Consumer:
    """A `huey_consumer workers.huey` process."""

    def __init__(
        self,
        home: Path,
        *options: str,
        environment: dict[str, str] | None = None,
        directory: Path | None = None,
        huey: str = "workers.huey",
    ) -> None:
        self.log = home / f"consumer-{time.monotonic_ns()}.log"
        self._locks = home / ".drawscape" / "workers"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "huey.bin.huey_consumer", huey, *options],
                cwd=directory or home,
                stdout=output,
                stderr=output,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def await_alive(self) -> Consumer:
        wait_until(
            lambda: (
                any(w.pid == self.pid for w in living(self._locks))
                or self.process.poll() is not None
            ),
            60,
            "the consumer to start",
        )
        if self.process.poll() is not None:
            pytest.fail(self.log.read_text())
        return self

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)


@pytest.fixture
def start_consumer(home: Path) -> Iterator[Callable[..., Consumer]]:
    """Start consumers that are stopped at the end of the test."""
    started: list[Consumer] = []

    def start(*options: str, ready: bool = True, **settings: Any) -> Consumer:
        consumer = Consumer(home, *options, **settings)
        started.append(consumer)
        return consumer.await_alive() if ready else consumer

    yield start
    for consumer in started:
        if consumer.process.poll() is None:
            consumer.process.send_signal(signal.SIGCONT)
        consumer.stop()
