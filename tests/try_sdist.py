"""The source distribution passes its own quick tests: `make nightly PART=sdist`.

It is built from the clone, unpacked elsewhere, and tested there, with the packages of this environment.
"""

import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
QUICK = ["-q", "-n", "auto", "--dist", "loadfile", "-p", "no:nbval"]


def main():
    """Build, unpack, test; end with pytest's exit code."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        build = [sys.executable, "-m", "build", "--sdist", "--outdir", str(folder), str(ROOT)]
        subprocess.run(build, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        (archive,) = folder.glob("*.tar.gz")
        print(f"{archive.name}: {archive.stat().st_size / 1e6:.1f} MB")
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        source = folder / archive.name.removesuffix(".tar.gz")
        marks = "not browser and not notebooks and not slow"
        tests = [sys.executable, "-m", "pytest", "tests", *QUICK, "-m", marks]
        environment = {**os.environ, "PYTHONPATH": str(source), "NIGHTLY": ""}
        sys.exit(subprocess.run(tests, cwd=source, env=environment, check=False).returncode)


if __name__ == "__main__":
    main()
