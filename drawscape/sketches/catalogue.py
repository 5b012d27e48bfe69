"""Where sketches are found by name, each imported when it is first asked for."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, overload

from drawscape.errors import UnknownNameError
from drawscape.recipe import Sketch, as_sketch, note_origin
from drawscape.settings import sketches_folder
from drawscape.sketches.folder import SketchFolder

Function = TypeVar("Function", bound=Callable[..., Any])


GONE = {
    "automaton": "ten_print",
    "dragon": "hilbert",
    "lissajous": "harmonograph",
    "maurer_rose": "rose",
    "superformula": "rose",
}
"""Sketches of earlier versions, and the one that is nearest to each."""


class Catalogue(Mapping[str, Sketch]):
    """Sketches by name: those of the library, found without importing them, those added, and the project's.

    `own()` is the project's folder of sketches at present. Its sketches never hide the library's.
    """

    def __init__(self, folder: Path, package: str, own: Callable[[], Path]) -> None:
        self._folder = folder
        self._package = package
        self._own_folder = own
        self._added: dict[str, Sketch] = {}

    @cached_property
    def _modules(self) -> dict[str, str]:
        """Names of the library's sketches and the modules that hold them."""
        families = [m.name for m in pkgutil.iter_modules([str(self._folder)]) if m.ispkg]
        return {
            module.name: f"{self._package}.{family}.{module.name}"
            for family in families
            for module in pkgutil.iter_modules([str(self._folder / family)])
            if not module.name.startswith("_")
        }

    @property
    def _own(self) -> SketchFolder:
        return SketchFolder(self._own_folder())

    def add(self, sketch: Sketch) -> None:
        """Make `sketch` known by its name; the newest of a name counts."""
        self._added[sketch.name] = sketch

    def finds(self, sketch: Sketch) -> bool:
        """Return whether any process finds `sketch` by its name: the library's, and the project's."""
        module = sketch.function.__module__ or ""
        if module.startswith(f"{self._package}."):
            return True
        return (
            module == SketchFolder.module(sketch.name)
            and sketch.name in self._own
            and sketch.name not in self._modules
        )

    def family_of(self, name: str) -> str:
        """Return the family of the sketch `name` without importing it."""
        if name in self._added:
            return self._added[name].family
        if name in self._modules:
            return self._modules[name].split(".")[-2]
        return self._own.family if name in self._own else self[name].family

    def families(self) -> dict[str, list[str]]:
        """Return the names of the sketches of each family, both in alphabetical order."""
        found: dict[str, list[str]] = {}
        for name in self:
            found.setdefault(self.family_of(name), []).append(name)
        return dict(sorted(found.items()))

    def __getitem__(self, name: str) -> Sketch:
        if name not in self._added and name in self._modules:
            importlib.import_module(self._modules[name])
        if name in self._added:
            if self._added[name].function.__module__ == self._modules.get(name):
                self._own.warn_of_namesake(name)
            return self._added[name]
        if name in self._own:
            return self._own.load(name)
        raise UnknownNameError("pattern", name, self, instead=GONE.get(name))

    def __contains__(self, name: object) -> bool:
        return name in self._modules or name in self._added or name in self._own

    def __iter__(self) -> Iterator[str]:
        yield from sorted({*self._modules, *self._added, *self._own})

    def __len__(self) -> int:
        return len({*self._modules, *self._added, *self._own})


SKETCHES = Catalogue(Path(__file__).parent, __package__, sketches_folder)
"""Every sketch that can be drawn by name."""


@overload
def sketch(function: Function, /) -> Function: ...
@overload
def sketch(
    function: None = None, /, *, name: str | None = None, family: str | None = None
) -> Callable[[Function], Function]: ...
def sketch(function: Any = None, /, *, name: str | None = None, family: str | None = None) -> Any:
    """Register a function as a sketch and return it unchanged.

    Bare (`@sketch`) or with options (`@sketch(name='rings')`). The name is the function's, the
    family the folder's for the library's own and `yours` for any other.

    >>> @sketch
    ... def cross(svg, rng):
    ...     svg.line(0, 0, svg.width, svg.height).line(0, svg.height, svg.width, 0)
    >>> draw("cross", 100, 100)
    <SVGBuilder 100 x 100 mm, 2 elements>
    """

    def register(function: Function) -> Function:
        module = getattr(function, "__module__", None) or ""
        parts = module.split(".")
        in_library = module.startswith(f"{__package__}.") and len(parts) >= 4
        label = family or (parts[-2] if in_library else "yours")
        function.__sketch__ = (name or function.__name__, label)  # type: ignore[attr-defined]
        if SketchFolder.owns(module):
            return function  # found in its file, as that file is by then
        if not in_library:
            note_origin(function)
        SKETCHES.add(as_sketch(function))
        return function

    return register if function is None else register(function)
