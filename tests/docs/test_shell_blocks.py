"""What the pages show of a shell runs, with a Postgres and a folder of the tests' own for somebody's.

A worker leaves here when it has nothing to do. `pip` and `docker` are written down, not run: what they are
asked for has to stand in pyproject.toml and in the compose files.
"""

import configparser
import re
import shlex
import sys
import tomllib
from pathlib import Path

import click
import pytest
import yaml
from page_blocks import PAGES
from postgres_server import drop_schema, new_schema
from support import program

from drawscape.cli.lab import fill
from drawscape.cli.root import root
from drawscape.job_manager import enqueue_background_job

pytestmark = [pytest.mark.slow, pytest.mark.nightly]

ROOT = Path(__file__).parents[2]
DRAWSCAPE = Path(sys.executable).parent / "drawscape"
SHOWN = {
    page: re.findall(r"^```(sh|ini)\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)
    for page in PAGES.rglob("*.md")
}
SHELL = [
    pytest.param(code, id=f"{page.stem}-{number}")
    for page, found in sorted(SHOWN.items())
    for number, (kind, code) in enumerate(found)
    if kind == "sh"
]
SOMEBODYS = "postgresql://studio@db.example.org/drawscape"
MOUNTED = "/mnt/drawings"
WORKER_THAT_LEAVES = f"""#!/bin/sh
[ "$1" != worker ] || set -- "$@" --burst
exec {DRAWSCAPE} "$@"
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A new project with a job in its queue, and commands on PATH that are ours or only written down."""
    folder, commands = tmp_path / "studio", tmp_path / "bin"
    fill(folder)
    commands.mkdir()
    written_down = f'#!/bin/sh\necho "$(basename "$0") $@" >> {tmp_path}/not-run\n'
    scripts = {"drawscape": WORKER_THAT_LEAVES, "pip": written_down, "docker": written_down}
    for name, text in scripts.items():
        (commands / name).write_text(text)
        (commands / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(commands), prepend=":")
    monkeypatch.setenv("DRAWSCAPE_HOME", str(folder))
    enqueue_background_job("workers.svg_tasks.generate_complex_svg", 50, 50).cancel()
    return folder


@pytest.fixture
def postgres(postgres_url):
    url = new_schema(postgres_url)
    yield url
    drop_schema(url)


def check_words(words):
    """Fail if `pip` or `docker` is asked for what there is not."""
    if words[0] == "pip":
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        extras = re.findall(r"^(?:path/to/)?drawscape\[(.*)\]$", words[-1])
        assert extras
        assert {*extras[0].split(",")} <= {*project["optional-dependencies"]}
        return
    file = words[words.index("-f") + 1] if "-f" in words else "compose.yaml"
    services = yaml.safe_load((ROOT / file).read_text())["services"]
    assert {word.partition("=")[0] for word in words if "=" in word} <= {*services}
    if "run" in words:
        service, command, *arguments = words[words.index("--rm") + 1 :]
        assert service in services
        root.get_command(click.Context(root), command).make_context(command, arguments)


@pytest.mark.parametrize("block", SHELL)
def test_a_block_of_shell_runs_and_the_doctor_is_content(project, postgres, tmp_path, block):
    mounted = tmp_path / "drawings"
    mounted.mkdir()
    script = f"set -eu\n{block}\nwait\ndrawscape doctor"
    script = script.replace(SOMEBODYS, f"'{postgres}'")
    script = script.replace(MOUNTED, str(mounted))
    script = script.replace("QUEUE_KEY=...", f"QUEUE_KEY={'k' * 40}")
    program("bash", "-c", script, cwd=project)
    written_down = project.parent / "not-run"
    for line in written_down.read_text().splitlines() if written_down.exists() else ():
        check_words(shlex.split(line))


def test_a_unit_of_systemd_starts_a_worker():
    (unit,) = (code for found in SHOWN.values() for kind, code in found if kind == "ini")
    parser = configparser.RawConfigParser()
    parser.read_string(unit)
    program, command, *arguments = parser["Service"]["ExecStart"].split()
    assert program.endswith("/.venv/bin/drawscape")
    root.get_command(click.Context(root), command).make_context(command, arguments)


def test_no_page_has_a_block_that_nothing_runs():
    """This file runs `sh` and `ini`, test_guides.py the guides' others, test_readme.py the reference's.

    `sql` is for the owner of the server; tests/queue/test_postgres.py needs such grants.
    """
    directives = {"{eval-rst}", "{include}", "{toctree}", "{figure}"}
    run = {"guides": {"python", "console", "toml", "text", "sql"}, "reference": {"python"}}
    run["explanation"] = run["guides"]
    for page in SHOWN:
        kinds = set(re.findall(r"^```(\S+)", page.read_text(), re.MULTILINE))
        if "_gallery" not in page.parts and page.stem != "gallery":  # the sources of sketches
            assert kinds <= {"sh", "ini"} | directives | run.get(page.parent.name, set()), page
