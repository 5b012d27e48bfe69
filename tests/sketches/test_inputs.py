"""What notices the files that a sketch reads stays out of the way of all else."""

from __future__ import annotations

import subprocess
import sys

LATE = """
from drawscape.sketches import inputs

class Late:
    def __del__(self, open=open, print=print):
        open("/dev/null").close()
        print("read")

with inputs.watched(inputs.Inputs()):
    inputs.late = Late()  # goes when the names of the module have gone
"""


def test_what_is_read_while_python_ends_disturbs_nobody():
    done = subprocess.run([sys.executable, "-c", LATE], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("read\n", "")
