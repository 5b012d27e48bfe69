"""What preparing a plot may load before it is asked to do anything."""

from __future__ import annotations

import subprocess
import sys


def test_importing_the_plot_package_loads_no_heavy_package() -> None:
    code = (
        "import sys, drawscape.cli.plot, drawscape.plot, drawscape.svg.read\n"
        "print(*sorted({'scipy', 'shapely', 'vpype', 'PIL', 'rich', 'IPython'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == ""
