"""Quick tests on the oldest Python with the oldest dependencies, or in the source distribution.

`python tests/run_matrix.py oldest|sdist`. The newest of all are the matrix of .github/workflows/ci.yml.
`oldest` needs uv; `sdist` has the packages of this environment.
"""

import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXTRAS = "lab,web,mail,data,png,test"
WHEELS = "resvg-py,orjson,duckdb,shapely,numpy,scipy"  # nothing is compiled
PLAINLY = "-p no:nbval -p no:cacheprovider -n auto --dist loadfile"
QUICK = "not browser and not notebooks and not chaos and not slow"


def make_oldest(environment):
    """Make an environment of the lowest versions that pyproject.toml allows; return its Python."""
    uv = ["uv", "pip", "install", "-q", "-p", str(environment), "--resolution", "lowest-direct"]
    subprocess.run(["uv", "venv", "-q", "-p", "3.11", str(environment)], check=True)
    subprocess.run([*uv, "--only-binary", WHEELS, "-e", f"{ROOT}[{EXTRAS}]"], check=True)
    return str(environment / "bin" / "python")


def unpack_sdist(folder):
    """Return the source distribution, built from the clone and unpacked."""
    build = [sys.executable, "-m", "build", "--sdist", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder / archive.name.removesuffix(".tar.gz")


def main():
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        source, python = ROOT, sys.executable
        if sys.argv[1:] == ["sdist"]:
            source = unpack_sdist(folder)
        elif sys.argv[1:] == ["oldest"]:
            python = make_oldest(folder / "env")
        else:
            sys.exit(__doc__)
        command = [python, "-m", "pytest", "tests", "-q", "-m", QUICK, *PLAINLY.split()]
        environment = {**os.environ, "PYTHONPATH": str(source), "NIGHTLY": ""}
        sys.exit(subprocess.run(command, cwd=source, env=environment).returncode)


if __name__ == "__main__":
    main()
