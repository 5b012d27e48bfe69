"""Names that a package hands on when they are first asked for, so that importing it stays quick."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def late_names(
    package: str, names: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` for `package`; `names` are those of each module, by its path.

    >>> get, _ = late_names("numbers_of_mine", {"math": "pi tau", "cmath": "phase"})
    >>> get("pi")
    3.141592653589793
    """
    module_of = {name: module for module, listed in names.items() for name in listed.split()}

    def get(name: str) -> Any:
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(module_of[name]), name)

    return get, lambda: sorted({*vars(sys.modules[package]), *module_of})
