"""Types and quick tests on every Python that can be found: `python tests/run_matrix.py [VERSION...]`.

Each Python has two environments: the lowest versions that pyproject.toml allows, and the newest.
Types are checked with the newest only: older numpy and its stubs know less of arrays. Needs uv.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
EXTRAS = "lab,web,mail,data,png,test"
QUICK = "not browser and not notebooks and not chaos and not slow"


def install(version, resolution, environment):
    """Make the environment; return why not, where it cannot be made."""
    for command in (
        ["uv", "venv", "-q", "-p", version, str(environment)],
        [
            *("uv", "pip", "install", "-q", "-p", str(environment), "--resolution", resolution),
            *(
                "--only-binary",
                "resvg-py,orjson,duckdb,shapely,numpy,scipy",
                "-e",
                f"{ROOT}[{EXTRAS}]",
            ),
        ],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return done.stderr.strip()[-500:]
    return None


def check(environment, *, with_types):
    """Return whether types and quick tests pass there."""
    scripts = environment / "bin"
    tests = [
        *(str(scripts / "python"), "-m", "pytest", "tests", "-q", "-m", QUICK),
        *("-p", "no:nbval", "-p", "no:cacheprovider"),
        *("-n", "auto", "--dist", "loadfile"),
    ]
    types = [str(scripts / "mypy"), "--cache-dir", str(environment / "mypy")]
    commands = [types, tests] if with_types else [tests]
    codes = [subprocess.run(command, cwd=ROOT, check=False).returncode for command in commands]
    return not any(codes)


def main():
    """Print a line for each Python and resolution; exit with 1 when one failed."""
    if shutil.which("uv") is None:
        sys.exit("run_matrix.py needs uv: pip install uv")
    verdicts = []
    for version in sys.argv[1:] or VERSIONS:
        for resolution in ("lowest-direct", "highest"):
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                environment = Path(folder) / "env"
                why_not = install(version, resolution, environment)
                if why_not is None:
                    passed = check(environment, with_types=resolution == "highest")
                    verdicts.append(f"{version} {resolution}: {'passed' if passed else 'FAILED'}")
                else:
                    verdicts.append(f"{version} {resolution}: not available here: {why_not}")
    print(*verdicts, sep="\n")
    sys.exit(any("FAILED" in verdict for verdict in verdicts))


if __name__ == "__main__":
    main()
