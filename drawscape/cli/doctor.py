"""`drawscape doctor`: what is installed, where the home is, who works, what is wrong and how to mend it."""

import platform
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path

import click

from drawscape import __version__, settings
from drawscape.cli import home_health
from drawscape.cli.finding import Finding, report
from drawscape.errors import DrawscapeError

_EXTRAS = {
    "lab": ("jupyterlab", "ipywidgets", "ipykernel"),
    "web": ("flask", "waitress"),
    "mail": ("email-validator", "jinja2"),
    "data": ("duckdb", "openpyxl"),
    "png": ("pillow",),
    "fonts": ("fonttools",),
    "postgres": ("psycopg",),
    "object-store": ("fsspec", "s3fs"),
}
"""The extras that a person asks for, and the packages that show whether they are there."""


@click.command()
def doctor() -> None:
    """Show versions, home, queue and workers, what is wrong, and how to mend it.

    The exit code is 1 when something is wrong.
    """
    parts = (
        _installation,
        _too_old,
        home_health.of_home,
        home_health.of_output,
        home_health.of_queue,
        _sketches,
    )
    found = [finding for part in parts for finding in _findings(part)]
    wrong = report([*dict.fromkeys(found)])  # broken settings are met by each part
    raise click.exceptions.Exit(bool(wrong))


def _findings(part: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Yield what a part of the examination finds; an error that ends it is a finding, too."""
    try:
        yield from part()
    except DrawscapeError as error:
        yield Finding("settings", "cannot be used", str(error))


def _installation() -> Iterator[Finding]:
    yield Finding("drawscape", f"{__version__} in {Path(__file__).parents[1]}")
    yield Finding("python", f"{platform.python_version()} at {sys.executable}")
    yield Finding("system", platform.platform())
    for extra, packages in _EXTRAS.items():
        found = {name: _version(name) for name in packages}
        there = ", ".join(f"{name} {number}" for name, number in found.items() if number)
        missing = [name for name, number in found.items() if not number]
        how = f" (pip install 'drawscape[{extra}]')" if missing else ""
        yield Finding(f"[{extra}]", f"{there or 'not installed'}{how}")
    if (_version("ipykernel") or "").startswith("7.0."):
        command = f"{_pip_install()} --upgrade 'ipykernel!=7.0.*'"
        yield Finding("ipykernel", "7.0", "it drops updates of widgets", command)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _too_old() -> Iterator[Finding]:
    """Yield what is older than this version needs, as after `pip install` of something else."""
    for line in requires("drawscape") or ():
        wanted = re.match(r"([\w.-]+)[^;>]*>=([\d.]+)", line)
        found = _version(wanted[1]) if wanted else None
        if wanted and found and _numbers(found) < _numbers(wanted[2]):
            command = f"{_pip_install()} '{wanted[1]}>={wanted[2]}'"
            yield Finding(
                wanted[1], f"{found}, too old", f"{wanted[2]} or newer is needed", command
            )


def _pip_install() -> str:
    """Return the command that installs into this environment, which uv makes without pip."""
    python = shlex.quote(sys.executable)
    return f"{python} -m pip install" if find_spec("pip") else f"uv pip install --python {python}"


def _numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


def _sketches() -> Iterator[Finding]:
    from drawscape.sketches import SKETCHES
    from drawscape.sketches.folder import SketchFolder

    own = [*SketchFolder(settings.sketches_folder())]
    yield Finding("sketches", f"{len(SKETCHES)}, {len(own)} of the project's own")
    for name in own:
        try:
            _ = SKETCHES[name].parameters
        except DrawscapeError as error:
            yield Finding(f"sketch {name}", "cannot be used", str(error))
