"""A package's exported names, each imported on first use, so that importing the package stays quick."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from drawscape.errors import MissingExtraError

_EXTRA_OF = {
    **dict.fromkeys(("anywidget", "ipywidgets", "traitlets", "IPython"), "lab"),
    "PIL": "png",
    "flask": "web",
}
"""The extra that installs each package that an exported name may need."""


def lazy_exports(
    package: str, names_of: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` for `package`; `names_of` has the names of each module, by its path.

    `__getattr__` raises MissingExtraError for a name whose module needs a package that is not installed.

    >>> get, _ = lazy_exports("numbers_of_mine", {"math": "pi tau", "cmath": "phase"})
    >>> get("pi")
    3.141592653589793
    """
    module_of = {name: module for module, names in names_of.items() for name in names.split()}

    def get(name: str) -> Any:
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        try:
            return getattr(import_module(module_of[name]), name)
        except ModuleNotFoundError as error:
            missing = (error.name or "").partition(".")[0]
            if missing not in _EXTRA_OF:
                raise
            raise MissingExtraError(f"{package}.{name}", _EXTRA_OF[missing]) from error

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *module_of})

    return get, names
