"""What preparing a plot may load before it is asked to do anything."""

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


def test_a_small_drawing_is_ordered_without_scipy() -> None:
    code = (
        "import sys\n"
        "from drawscape.plot import optimize\n"
        "from drawscape.sketches import draw\n"
        "optimize(draw('spiral', 210, 297).document())\n"
        "optimize(draw('schotter', 60, 80, columns=5).document())\n"
        "print([m for m in sys.modules if m.startswith('scipy')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
