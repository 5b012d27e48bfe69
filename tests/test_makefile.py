"""`make` repairs an environment that could not be made at first; the recipes of containers."""

import json
import re
import shutil
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import click
import pytest
import yaml
from support import program, python

from drawscape.cli.root import root

MAKEFILE = Path(__file__).parents[1] / "Makefile"


def make(folder, target, python):
    command = ["make", "-f", str(MAKEFILE), "VENV=venv", f"PYTHON={python}", target]
    return program(*command, code=None, cwd=folder)


@pytest.mark.nightly
def test_a_venv_that_failed_is_made_again(tmp_path):
    # As Debian's python3 without python3-venv: the interpreter is there, then ensurepip is missing.
    broken = tmp_path / "python"
    broken.write_text('#!/bin/sh\nmkdir -p "$3/bin"; ln -s /bin/false "$3/bin/python"; exit 1\n')
    broken.chmod(0o755)
    assert make(tmp_path, "venv/bin/pip", str(broken)).returncode != 0
    assert not (tmp_path / "venv").exists()
    done = make(tmp_path, "venv/bin/pip", sys.executable)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "venv" / "bin" / "pip").exists()


ROOT = Path(__file__).parents[1]
STEPS = re.findall(
    r"^([A-Z]+) (.*)", (ROOT / "Dockerfile").read_text().replace("\\\n", ""), re.MULTILINE
)
SERVICES = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
SEVERAL = yaml.safe_load((ROOT / "compose.postgres.yaml").read_text())


def arguments(step):
    return [text for name, text in STEPS if name == step]


def parses(words):
    """Raise what click raises for wrong options; nothing is run."""
    command = root.get_command(click.Context(root), words[0])
    assert command is not None, words
    command.make_context(words[0], words[1:])


def test_the_image_runs_the_command_as_a_user_without_rights():
    assert arguments("USER")[-1] == "1000"
    assert STEPS.index(("USER", "1000")) > max(
        number for number, (name, _) in enumerate(STEPS) if name == "RUN"
    )
    assert json.loads(arguments("ENTRYPOINT")[-1]) == ["drawscape"]
    parses(json.loads(arguments("CMD")[-1]))


def test_what_is_copied_is_there_and_reaches_the_builder():
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    let_through = [line[1:] for line in lines if line.startswith("!")]
    for text in arguments("COPY"):
        if not text.startswith("--from"):
            for source in text.split()[:-1]:
                assert (ROOT / source).exists(), source
                assert any(fnmatch(source, pattern) for pattern in let_through), source


@pytest.mark.slow
def test_a_wheel_is_built_from_what_is_copied_alone(tmp_path):
    for text in arguments("COPY"):
        if not text.startswith("--from"):
            *sources, target = text.split()
            for source in map(ROOT.joinpath, sources):
                if source.is_dir():
                    shutil.copytree(source, tmp_path / target)
                else:
                    shutil.copy(source, tmp_path)
    built = ["--wheel", "--no-isolation", "--outdir", str(tmp_path / "dist"), str(tmp_path)]
    python("-m", "build", *built)
    assert [*(tmp_path / "dist").glob("drawscape-*.whl")]


def test_the_extras_that_are_installed_exist():
    known = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    (named,) = re.findall(r"'\.\[(.*)\]'", " ".join(arguments("RUN")))
    assert set(named.split(",")) <= set(known)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_runs_a_command_that_there_is_on_the_shared_volume(name):
    service = SERVICES[name]
    parses(service["command"])
    assert service["volumes"] == [f"studio:{arguments('VOLUME')[-1]}"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert service["init"] is True
    token = service.get("environment", {}).get("JUPYTER_TOKEN", "")
    assert token.startswith("${JUPYTER_TOKEN:?") == (name == "lab")  # that somebody chose


def test_several_machines_share_a_queue_a_key_and_a_folder_that_is_the_users():
    services = SEVERAL["services"]
    assert set(services) == {"postgres", "worker", "lab"}
    for name in ("worker", "lab"):
        service = services[name]
        parses(service["command"])
        assert service["init"] is True
        assert service["depends_on"]["postgres"] == {"condition": "service_healthy"}
        folder = service["volumes"][0].partition(":")[2]
        assert service["environment"]["DRAWSCAPE_OUTPUT"] == folder
        assert any("--owner=drawscape" in step and folder in step for step in arguments("RUN"))
        assert service["environment"]["DRAWSCAPE_QUEUE"].startswith("postgresql://postgres@")
        assert service["environment"]["PGPASSWORD"].startswith("${PGPASSWORD:?")
        assert service["environment"]["DRAWSCAPE_QUEUE_KEY"].startswith("${DRAWSCAPE_QUEUE_KEY:?")
    assert services["worker"]["deploy"] == {"replicas": 2}
    assert "studio:/studio" in services["lab"]["volumes"]  # notebooks stay after `down`
    assert services["lab"]["ports"] == SERVICES["lab"]["ports"]
    (extras,) = re.findall(r"'\.\[(.*)\]'", " ".join(arguments("RUN")))
    assert {"postgres", "object-store"} <= set(extras.split(","))
