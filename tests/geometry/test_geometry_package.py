"""The package hands on names, and importing it is cheap."""

import pkgutil
import subprocess
import sys

import pytest

from drawscape import geometry


def test_every_name_that_it_promises_is_there():
    for name in geometry.__all__:
        assert getattr(geometry, name) is not None
        assert name in dir(geometry)
    with pytest.raises(AttributeError, match="no attribute 'hatching'"):
        _ = geometry.hatching


def test_no_handed_on_name_is_hidden_by_a_module_of_that_name():
    modules = {module.name for module in pkgutil.iter_modules(geometry.__path__)}
    assert modules.isdisjoint(geometry.__all__)


def test_importing_all_of_it_loads_no_heavy_library():
    modules = [f"drawscape.geometry.{m.name}" for m in pkgutil.iter_modules(geometry.__path__)]
    code = (
        f"import sys, importlib; [importlib.import_module(m) for m in {modules!r}]; "
        "print(*[m for m in ('scipy', 'shapely', 'contourpy') if m in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert found.stdout.strip() == ""
