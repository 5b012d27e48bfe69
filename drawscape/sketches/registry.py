"""Sketches by name: the library's, each imported on first use, and the project's own.

The registry is `SKETCHES`, to which `sketch` adds a function. `draw` and `redraw` draw by name.
"""

import importlib
import inspect
import linecache
import pkgutil
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from importlib.util import module_from_spec, spec_from_file_location
from keyword import iskeyword
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar, overload

from drawscape.errors import ProvenanceError, SketchFileError, UnknownNameError
from drawscape.project_modules import add_folder, import_module
from drawscape.recipe import (
    Provenance,
    Recipe,
    Sketch,
    as_sketch,
    draw_recipe,
    is_library,
    is_sketch,
    note_origin,
    recipe_of,
)
from drawscape.recipe.draw import OnSketchStep
from drawscape.settings import sketches_folder
from drawscape.svg_builder import SVGBuilder

SketchFunction = TypeVar("SketchFunction", bound=Callable[..., Any])
AnySketch = str | Sketch | Callable[..., Any]

_PACKAGE = "sketches"
_FAMILY = "yours"

_LOCK = threading.RLock()
_seen: dict[Path, tuple[int, int]] = {}
"""The source files of the modules in memory, with their times and sizes."""


class SketchFolder:
    """The sketches of a folder by name: `rings` is the function `rings(svg, rng, ...)` of `rings.py`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __iter__(self) -> Iterator[str]:
        files = self._folder.glob("*.py")
        yield from sorted(f.stem for f in files if f.stem.isidentifier() and f.stem[0] != "_")

    def load(self, name: str) -> Sketch:
        """Return the sketch `name` as its file is now.

        Raises SketchFileError, with its cause, when the file does not import or has no
        sketch.
        """
        with _LOCK:
            self._forget_changed()
            writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
            # A cache knows its source by seconds and size: it would miss an edit within the second.
            try:
                return _sketch_in(
                    self._folder / f"{name}.py",
                    lambda: import_module(self._folder.parent, f"{_PACKAGE}.{name}"),
                )
            finally:
                sys.dont_write_bytecode = writes

    def _forget_changed(self) -> None:
        """Forget the package's modules if a file has changed, so that they are imported again.

        All are forgotten, because a sketch may import other files of the folder.
        """
        now = {
            f: (s.st_mtime_ns, s.st_size) for f in self._folder.rglob("*.py") for s in [f.stat()]
        }
        if now == _seen:
            return
        for module in [m for m in sys.modules if m.partition(".")[0] == _PACKAGE]:
            del sys.modules[module]
        _seen.clear()
        _seen.update(now)
        linecache.checkcache()


def load_file(file: Path) -> Sketch:
    """Return the sketch in `file`, in any folder: `rings(svg, rng, ...)` of `rings.py`.

    Raises SketchFileError as `SketchFolder.load` does.
    """
    folder, name = file.resolve().parent, file.stem
    if folder.name == _PACKAGE:
        return SketchFolder(folder).load(name)
    add_folder(folder)  # for imports of its neighbours
    spec = spec_from_file_location(f"{_PACKAGE}.{name}", file)
    if spec is None or spec.loader is None:
        raise SketchFileError(
            f"{file} is not a Python file; a sketch is in a file such as rings.py"
        )
    module, run = module_from_spec(spec), spec.loader.exec_module
    sys.modules[module.__name__] = module  # where `inspect` looks for the source
    return _sketch_in(file, lambda: run(module) or module)


def _sketch_in(file: Path, imported: Callable[[], ModuleType]) -> Sketch:
    if not file.stem.isidentifier() or iskeyword(file.stem):  # a recipe imports it by its name
        raise SketchFileError(
            f"rename {file.name}: a sketch file has a name such as rings.py, of letters, digits and _"
        )
    try:
        module = imported()
    except Exception as error:
        line = traceback.extract_tb(error.__traceback__)[-1]
        cause = f"{type(error).__name__}: {error}"
        if not isinstance(error, SyntaxError):  # which includes its place
            cause += f" ({Path(line.filename).name}, line {line.lineno})"
        raise SketchFileError(f"{file} does not import: {cause}") from error
    name = file.stem
    own = {
        key: value
        for key, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and key[0] != "_"
    }
    likely = [own[name]] if name in own else [f for f in own.values() if is_sketch(f)]
    if len(likely) == 1 and is_sketch(likely[0]):
        return Sketch(name, _FAMILY, likely[0])
    found = f"functions there: {', '.join(sorted(own))}" if own else "there is no function in it"
    raise SketchFileError(f"{file} holds no sketch; define {name}(svg, rng, ...) in it ({found})")


GONE = {
    "attractor": "harmonograph",
    "chladni": "moire",
    "curl_noise": "flow_field",
    "differential_growth": "space_colonization",
    "dla": "space_colonization",
    "gosper": "truchet",
    "hachures": "elevation_map",
    "hilbert": "spiral_halftone",
    "hypercube": "mesh_hatching",
    "hypotrochoid": "guilloche",
    "implicit": "mesh_hatching",
    "isolines": "elevation_map",
    "l_system": "botanical_plate",
    "maze": "truchet",
    "paragraph": "botanical_plate",
    "reaction_diffusion": "space_colonization",
    "rayhatching": "mesh_hatching",
    "ridgelines": "terrain",
    "still_life": "mesh_hatching",
    "strata": "swathes",
    "ten_print": "truchet",
    "tree_rings": "spiral",
    "tsp_picture": "spiral_halftone",
    "warped_text": "botanical_plate",
}
"""Sketches of 0.4, and the nearest one to each."""


class SketchRegistry(Mapping[str, Sketch]):
    """Sketches by name: the library's, found without importing them, those added, and the project's.

    The project's sketches never hide the library's.
    """

    def __init__(self) -> None:
        self._added: dict[str, Sketch] = {}

    @cached_property
    def _modules(self) -> dict[str, str]:
        folder = Path(__file__).parent
        return {
            module.name: f"{__package__}.{family.name}.{module.name}"
            for family in pkgutil.iter_modules([str(folder)])
            if family.ispkg
            for module in pkgutil.iter_modules([str(folder / family.name)])
            if not module.name.startswith("_")
        }

    @property
    def _own(self) -> SketchFolder:
        return SketchFolder(sketches_folder())

    def add(self, sketch: Sketch) -> None:
        """Add `sketch` by its name; the newest of a name counts."""
        self._added[sketch.name] = sketch

    def finds(self, sketch: Sketch) -> bool:
        """Return whether any process finds `sketch` by its name, as the library's or the project's."""
        name, module = sketch.name, sketch.function.__module__ or ""
        mine = module == f"{_PACKAGE}.{name}" and name in self._own and name not in self._modules
        return mine or module.startswith(f"{__package__}.")

    def family_of(self, name: str) -> str:
        """Return the family of the sketch `name` without importing it."""
        if name in self._added:
            return self._added[name].family
        if name in self._modules:
            return self._modules[name].split(".")[-2]
        return _FAMILY if name in self._own else self[name].family

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
            found = self._added[name]
            if found.function.__module__ == self._modules.get(name) and name in self._own:
                file = sketches_folder() / f"{name}.py"
                warnings.warn(
                    f"the library has a sketch {name!r}, which is drawn; {file} is not: give it another name",
                    UserWarning,
                    stacklevel=2,
                )
            return found
        if name in self._own:
            return self._own.load(name)
        raise UnknownNameError("pattern", name, self, instead=GONE.get(name))

    def __contains__(self, name: object) -> bool:
        return name in {*self}

    def __iter__(self) -> Iterator[str]:
        yield from sorted({*self._modules, *self._added, *self._own})

    def __len__(self) -> int:
        return len({*self})


SKETCHES = SketchRegistry()
"""Every sketch that can be drawn by name."""


@overload
def sketch(function: SketchFunction, /) -> SketchFunction: ...
@overload
def sketch(
    function: None = None, /, *, name: str | None = None, family: str | None = None
) -> Callable[[SketchFunction], SketchFunction]: ...
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

    def register(function: SketchFunction) -> SketchFunction:
        module = getattr(function, "__module__", None) or ""
        in_library = module.startswith(f"{__package__}.") and module.count(".") >= 3
        label = family or (module.split(".")[-2] if in_library else _FAMILY)
        function.__sketch__ = (name or function.__name__, label)  # type: ignore[attr-defined]
        if module.startswith(f"{_PACKAGE}."):
            return function  # found in its file, as it is at that time
        if not in_library:
            note_origin(function)
        SKETCHES.add(as_sketch(function))
        return function

    return register if function is None else register(function)


def draw(
    sketch: AnySketch,
    width: float,
    height: float,
    *,
    seed: int = 0,
    margin: float | None = None,
    on_progress: OnSketchStep | None = None,
    **values: Any,
) -> SVGBuilder:
    """Return a canvas of `width` x `height` mm with `sketch` drawn on it.

    `sketch` is a name, a Sketch or a function; `values` are its parameters. The same `seed`, a
    whole number from 0 on, gives the same bytes. `margin` in mm is kept free, by default 7 % of the
    shorter side. `on_progress(fraction, svg)` is called at each step of a sketch that yields. Its `svg`
    shows the lines so far. The returned canvas has a `provenance` to draw it again.
    Raises UnknownNameError, ParameterError and CanvasError for input that cannot be drawn.

    >>> draw("spiral", 100, 100, seed=7, turns=5)
    <SVGBuilder 100 x 100 mm, 1 element>
    """
    recipe = recipe_of(chosen(sketch), width, height, seed=seed, margin=margin, values=values)
    return draw_recipe(recipe, on_progress=on_progress)


def redraw(
    provenance: Provenance,
    sketch: AnySketch | None = None,
    *,
    on_progress: OnSketchStep | None = None,
) -> SVGBuilder:
    """Return the drawing that `provenance` describes, drawn again.

    `sketch` replaces one that is not in the library, such as a function of a notebook. Source in a file is
    not run here (see `SourceText.load`). Raises UnknownNameError when the sketch is unknown,
    ParameterError when it has changed too much. Raises ProvenanceError when the library's sketch of that
    name is another one.

    >>> svg = draw("spiral", 100, 100, seed=7)
    >>> redraw(read_provenance(svg.to_string())).to_bytes() == svg.to_bytes()
    True
    """
    recipe = recipe_again(provenance, sketch)
    svg = draw_recipe(recipe, on_progress=on_progress, parents=provenance.parents)
    now = Provenance.of(svg.provenance)
    if now.code == provenance.code:
        # The same code may have another text.
        svg.provenance = replace(now, source=provenance.source).as_dict()
    return svg


def recipe_again(provenance: Provenance, sketch: AnySketch | None = None) -> Recipe:
    """Return the recipe of the drawing that `provenance` describes, with the sketch as it is now.

    Raises as `redraw` does.
    """
    known = chosen(provenance.sketch if sketch is None else sketch)
    if sketch is None and provenance.source and is_library(known.function.__module__):
        raise ProvenanceError(
            f"the drawing was made by a sketch {provenance.sketch!r} of a notebook, not by the library's"
        )
    if known.name != provenance.sketch:
        known = replace(known, name=provenance.sketch)
    return recipe_of(
        known,
        provenance.width,
        provenance.height,
        seed=provenance.seed,
        margin=provenance.margin,
        values=provenance.parameters,
    )


def chosen(sketch: AnySketch) -> Sketch:
    """Return the sketch of that name or function. Raises UnknownNameError."""
    return SKETCHES[sketch] if isinstance(sketch, str) else as_sketch(sketch)
