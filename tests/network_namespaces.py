"""Machines of the tests' own: network namespaces, each with a link to this one that may be cut and healed."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

NETWORK = "10.77.0.0/16"

_NOWHERE = "02:00:00:00:00:01"


def why_not() -> str | None:
    """Return why there can be no namespaces here, None where there can."""
    if shutil.which("ip") is None:
        return "no `ip`: install iproute2"
    if os.geteuid() != 0:
        return "only root makes network namespaces"
    made = subprocess.run(
        ["ip", "netns", "add", f"try{os.getpid()}"], capture_output=True, text=True, timeout=120
    )
    if made.returncode:
        return f"no network namespaces: {made.stderr.strip()}"
    _ip("netns", "del", f"try{os.getpid()}")
    return None


def _ip(*words: str) -> str:
    done = subprocess.run(["ip", *words], check=True, capture_output=True, text=True, timeout=120)
    return done.stdout


class Machine:
    """A namespace: 10.77.N.2 in there, 10.77.N.1 out here."""

    def __init__(self, number: int) -> None:
        self.name = f"ds{os.getpid()}m{number}"
        self._out, self._in = f"dso{os.getpid()}{number}"[-15:], f"dsi{os.getpid()}{number}"[-15:]
        self._there, self.gateway = f"10.77.{number}.2", f"10.77.{number}.1"
        _ip("netns", "add", self.name)
        _ip("link", "add", self._out, "type", "veth", "peer", "name", self._in)
        _ip("link", "set", self._in, "netns", self.name)
        _ip("addr", "add", f"{self.gateway}/24", "dev", self._out)
        _ip("link", "set", self._out, "up")
        self._inside("addr", "add", f"{self._there}/24", "dev", self._in)
        self._inside("link", "set", self._in, "up")
        self._inside("link", "set", "lo", "up")

    def command(self, *words: str) -> list[str]:
        """Return the command line that runs `words` there."""
        return ["ip", "netns", "exec", self.name, *words]

    def _inside(self, *words: str) -> None:
        _ip("netns", "exec", self.name, "ip", *words)

    def cut(self) -> None:
        """Let packets vanish both ways, without a word to anyone."""
        wrong = ("lladdr", _NOWHERE, "nud", "permanent")
        self._inside("neigh", "replace", self.gateway, *wrong, "dev", self._in)
        _ip("neigh", "replace", self._there, *wrong, "dev", self._out)

    def heal(self) -> None:
        self._inside("neigh", "del", self.gateway, "dev", self._in)
        _ip("neigh", "del", self._there, "dev", self._out)

    def unplug(self) -> None:
        """Take the link down for good."""
        _ip("link", "set", self._out, "down")

    def remove(self) -> None:
        subprocess.run(["ip", "link", "del", self._out], capture_output=True, timeout=120)
        subprocess.run(["ip", "netns", "del", self.name], capture_output=True, timeout=120)


@contextmanager
def machines(count: int) -> Iterator[list[Machine]]:
    made: list[Machine] = []
    try:
        for number in range(1, count + 1):
            made.append(Machine(number))
        yield made
    finally:
        for machine in made:
            machine.remove()
