"""`make` repairs an environment that could not be made at first; the recipes of containers."""

import itertools
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

ROOT = Path(__file__).parents[1]
RECIPE = (ROOT / "Dockerfile").read_text().replace("\\\n", "")
STEPS = re.findall(r"^([A-Z]+) (.*)", RECIPE, re.MULTILINE)
SERVICES = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
SEVERAL = yaml.safe_load((ROOT / "compose.postgres.yaml").read_text())["services"]


@pytest.mark.nightly
def test_a_venv_that_failed_is_made_again(tmp_path):
    # As Debian's python3 without python3-venv: the interpreter is there, then ensurepip is missing.
    broken = tmp_path / "python"
    broken.write_text('#!/bin/sh\nmkdir -p "$3/bin"; ln -s /bin/false "$3/bin/python"; exit 1\n')
    broken.chmod(0o755)
    make = ("make", "-f", str(ROOT / "Makefile"), "VENV=venv", "venv/bin/pip")
    program(*make, f"PYTHON={broken}", code=2, cwd=tmp_path)
    assert not (tmp_path / "venv").exists()
    program(*make, f"PYTHON={sys.executable}", cwd=tmp_path)
    assert (tmp_path / "venv" / "bin" / "pip").exists()


def arguments(step):
    return [text for name, text in STEPS if name == step]


EXTRAS = set(re.findall(r"'\.\[(.*)\]'", " ".join(arguments("RUN")))[0].split(","))
COPIES = [text.split() for text in arguments("COPY") if not text.startswith("--from")]


def parses(words):
    """Raise what click raises for wrong options; nothing is run."""
    command = root.get_command(click.Context(root), words[0])
    assert command is not None, words
    command.make_context(words[0], words[1:])


def test_the_image_runs_the_command_as_a_user_without_rights():
    assert arguments("USER")[-1] == "1000"
    assert "RUN" not in dict(STEPS[STEPS.index(("USER", "1000")) :])
    assert json.loads(arguments("ENTRYPOINT")[-1]) == ["drawscape"]
    parses(json.loads(arguments("CMD")[-1]))


def test_what_is_copied_is_there_and_reaches_the_builder():
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    let_through = [line[1:] for line in lines if line.startswith("!")]
    for source in itertools.chain(*(sources for *sources, _ in COPIES)):
        assert (ROOT / source).exists(), source
        assert any(fnmatch(source, pattern) for pattern in let_through), source


@pytest.mark.slow
def test_a_wheel_is_built_from_what_is_copied_alone(tmp_path):
    for *sources, target in COPIES:
        for source in map(ROOT.joinpath, sources):
            if source.is_dir():
                shutil.copytree(source, tmp_path / target)
            else:
                shutil.copy(source, tmp_path)
    python("-m", "build", "--wheel", "--no-isolation", str(tmp_path))
    assert [*(tmp_path / "dist").glob("drawscape-*.whl")]


def test_the_extras_that_are_installed_exist():
    known = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(known) >= EXTRAS


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
    assert set(SEVERAL) == {"postgres", "worker", "lab"}
    for service in (SEVERAL["worker"], SEVERAL["lab"]):
        parses(service["command"])
        assert service["init"] is True
        assert service["depends_on"]["postgres"] == {"condition": "service_healthy"}
        folder, variables = service["volumes"][0].partition(":")[2], service["environment"]
        assert variables["DRAWSCAPE_OUTPUT"] == folder
        assert any("--owner=drawscape" in step and folder in step for step in arguments("RUN"))
        assert variables["DRAWSCAPE_QUEUE"].startswith("postgresql://postgres@")
        for name in ("PGPASSWORD", "DRAWSCAPE_QUEUE_KEY"):
            assert variables[name].startswith(f"${{{name}:?")  # somebody has to choose it
    assert SEVERAL["worker"]["deploy"] == {"replicas": 2}
    assert "studio:/studio" in SEVERAL["lab"]["volumes"]  # notebooks stay after `down`
    assert SEVERAL["lab"]["ports"] == SERVICES["lab"]["ports"]
    assert "postgres" in EXTRAS
