"""Types and quick tests on every Python that can be found: `python tests/run_matrix.py [VERSION...|sdist]`.

Each Python has two environments: the lowest versions that pyproject.toml allows, and the newest.
Types are checked with the newest only: older numpy and its stubs know less of arrays. Needs uv.
With `sdist`, quick tests run in the source distribution, with the packages of this environment.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[1]
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
EXTRAS = "lab,web,mail,data,png,test"
PLAINLY = "-p no:nbval -p no:cacheprovider -n auto --dist loadfile"
QUICK = "not browser and not notebooks and not chaos and not slow"


def install(version, resolution, environment):
    """Make the environment; return why not, where it cannot be made."""
    for command in (
        ["uv", "venv", "-q", "-p", version, str(environment)],
        [
            *("uv", "pip", "install", "-q", "-p", str(environment), "--resolution", resolution),
            *("--only-binary", "resvg-py,orjson,duckdb,shapely,numpy,scipy"),
            *("-e", f"{ROOT}[{EXTRAS}]"),
        ],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return done.stderr.strip()[-500:]
    return None


def check(scripts, folder, types_cache=None):
    """Return whether quick tests of the source in `folder` pass, and types, with a cache of their own."""
    commands = [
        *([f"{scripts}/mypy", "--cache-dir", str(types_cache)] for _ in range(bool(types_cache))),
        [f"{scripts}/python", "-m", "pytest", "tests", "-q", "-m", QUICK, *PLAINLY.split()],
    ]
    environment = {**os.environ, "PYTHONPATH": str(folder), "NIGHTLY": ""}
    run = partial(subprocess.run, cwd=folder, env=environment)
    return not any(run(command).returncode for command in commands)


def check_sdist(folder):
    """Return whether the source distribution, unpacked in `folder`, passes with the packages of here."""
    build = [sys.executable, "-m", "build", "--sdist", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return check(Path(sys.executable).parent, folder / archive.name.removesuffix(".tar.gz"))


def check_python(version, resolution, folder):
    """Return whether that Python passes with those packages; None where it cannot be made."""
    environment = folder / "env"
    if why_not := install(version, resolution, environment):
        print(f"{version} {resolution}: not available here: {why_not}")
        return None
    return check(environment / "bin", ROOT, folder / "mypy" if resolution == "highest" else None)


def main():
    wanted = sys.argv[1:] or VERSIONS
    cases = {
        f"{version} {resolution}": partial(check_python, version, resolution)
        for version in wanted
        for resolution in ("lowest-direct", "highest")
    }
    if "sdist" in wanted:
        cases = {"sdist": check_sdist}
    elif shutil.which("uv") is None:
        sys.exit("run_matrix.py needs uv: pip install uv")
    words = {None: "not available", True: "passed", False: "FAILED"}
    passed = {}
    for name, case in cases.items():
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            passed[name] = case(Path(folder).resolve())
    print("\n".join(f"{name}: {words[outcome]}" for name, outcome in passed.items()))
    sys.exit(False in passed.values())


if __name__ == "__main__":
    main()
