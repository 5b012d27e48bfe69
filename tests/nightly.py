"""The long half of the suite, part by part: `python tests/nightly.py [PART...]`, as `make nightly` does.

Prints the time of each part, and ends with 1 if one failed. Parts: see PARTS.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTEST = [sys.executable, "-m", "pytest", "tests", "--timeout", "3600"]
PARALLEL = ["-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder"]

PARTS = {
    "chaos": [*PYTEST, "-m", "chaos and not postgres"],
    "postgres": [*PYTEST, "-m", "postgres"],
    "browser": [*PYTEST, "-m", "browser"],
    "machine": [
        sys.executable, "-m", "pytest", "tests/machine", "-n", "4", "--timeout", "3600",
    ],
    "rest": [
        *PYTEST, *PARALLEL, "--cov=drawscape", "--cov-fail-under=85",
        "-m", "not chaos and not postgres and not browser", "--ignore", "tests/machine",
    ],
    "sdist": [sys.executable, "tests/run_matrix.py", "sdist"],
    "oldest": [sys.executable, "tests/run_matrix.py", "oldest"],
}  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    chosen = parser.parse_args().parts or list(PARTS)
    if unknown := [name for name in chosen if name not in PARTS]:
        parser.error(f"no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    failed = False
    for name in chosen:
        begin = time.monotonic()
        done = subprocess.run(PARTS[name], cwd=ROOT, env={**os.environ, "NIGHTLY": "1"})
        words = "FAILED" if done.returncode else "passed"
        print(f"nightly {name}: {words}, {time.monotonic() - begin:.0f} s", flush=True)
        failed = failed or bool(done.returncode)
    sys.exit(failed)


if __name__ == "__main__":
    main()
