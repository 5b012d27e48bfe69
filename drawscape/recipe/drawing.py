"""From a recipe to a drawn canvas: random numbers with named streams, input files, progress."""

import hashlib
import inspect
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from drawscape.errors import SignatureError
from drawscape.recipe.recipe import Recipe
from drawscape.recipe.sketch import Draft, Sketch
from drawscape.settings import readable_path
from drawscape.svg_builder import SVGBuilder

OnProgress = Callable[[float, SVGBuilder], None]

# A hint to glibc, which returns freed arrays of more than 128 kB to the system until a large block has come
# and gone. It does so here, untouched: noise on small arrays runs three times as fast.
np.empty(3_900_000)


class Randomness(np.random.Generator):
    """A numpy Generator for `seed` that has named streams.

    By itself it gives the numbers of `numpy.random.default_rng(seed)`. What a named stream gives depends on
    the seed and its name alone, so that drawing more from one changes nothing of another:

        at = rng.stream('layout').uniform(0, 100, (n, 2))
        ink = rng.stream('colour').choice(pens, n)

    `streams` holds seeds of their own for some of them, by name: another colour, the same layout.
    """

    def __init__(self, seed: int, streams: Mapping[str, int] | None = None) -> None:
        super().__init__(np.random.PCG64(seed))
        self._seed, self._streams = seed, dict(streams or {})

    def stream(self, name: str) -> "Randomness":
        """Return the stream called `name` of this seed, from its start."""
        seed = self._streams.get(name, self._seed)
        digest = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=16).digest()
        return Randomness(int.from_bytes(digest, "big"))


def draw_recipe(
    recipe: Recipe, *, on_progress: OnProgress | None = None, parents: Sequence[str] = ()
) -> SVGBuilder:
    """Return the canvas that `recipe` describes, drawn; `parents` are recipes that it was bred from."""
    reads: dict[str, str] = {}
    svg = recipe.page()
    for fraction in _steps(recipe, svg, reads):
        if on_progress is not None:
            on_progress(fraction, svg)
    svg.provenance = recipe.provenance(reads, parents, svg.traits).as_dict()
    return svg


def _steps(recipe: Recipe, svg: SVGBuilder, reads: dict[str, str]) -> Iterator[float]:
    """Yield the progress, 0 to 1, of drawing on `svg`; nothing for a sketch that reports none.

    What the sketch reads meanwhile is noted in `reads`.
    """
    sketch = recipe.sketch
    svg.random_seed(recipe.seed)
    handed = {"rng": Randomness(recipe.seed, recipe.streams)} if sketch.takes_rng else {}
    with _noting(reads):
        outcome = sketch.function(svg, **handed, **recipe.arguments)
    if not inspect.isgenerator(outcome):
        return
    while True:
        with _noting(reads):
            step = next(outcome, _END)
        if step is _END:
            return
        fraction, svg.draft = _checked_step(sketch, step)
        try:
            yield min(max(fraction, 0.0), 1.0)
        finally:
            # What the draft shows changes once the sketch goes on.
            svg.draft = None


_END = object()


def _checked_step(sketch: Sketch, step: Any) -> tuple[float, Draft | None]:
    fraction, draft = step if isinstance(step, tuple) and len(step) == 2 else (step, None)
    real = isinstance(fraction, (int, float, np.number)) and not isinstance(fraction, bool)
    if not real or not (draft is None or callable(draft)):
        raise SignatureError(
            f"sketch {sketch.name!r} yielded {step!r}; yield the fraction done, 0 to 1, or that and "
            "a function that draws what there is to see"
        )
    return float(fraction), draft


class _Current(threading.local):
    reads: dict[str, str] | None = None


_current = _Current()


@contextmanager
def _noting(reads: dict[str, str]) -> Iterator[None]:
    """Note in `reads` what this thread reads by `read_input` meanwhile."""
    before, _current.reads = _current.reads, reads
    try:
        yield
    finally:
        _current.reads = before


def read_input(name: str | os.PathLike[str]) -> bytes:
    """Return the content of a file that a task may read; the drawing's recipe remembers its digest.

    A sketch that reads its files so is drawn again when one of them has changed, and found again otherwise.
    Raises ForbiddenPathError, FileNotFoundError as `settings.readable_path` does.

    >>> from drawscape.settings import home
    >>> _ = (home() / "notes.txt").write_text("a line")
    >>> read_input("notes.txt")
    b'a line'
    """
    content = readable_path(name).read_bytes()
    if _current.reads is not None:
        _current.reads[os.fspath(name)] = digest_of(content)
    return content


def digest_of(content: bytes) -> str:
    """Return the digest of a file's content that recipes hold."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def digest_now(name: str) -> str | None:
    """Return the digest of the input file `name` as it is now, None when it cannot be read.

    A file that has not been touched is not read again.
    """
    try:
        path = readable_path(name)
        found = path.stat()
        stamp = (found.st_mtime_ns, found.st_size)
        known = _digests.get(path)
        if known is None or known[0] != stamp:
            known = _digests[path] = (stamp, digest_of(path.read_bytes()))
    except (OSError, ValueError):
        return None
    return known[1]


_digests: dict[Path, tuple[tuple[int, int], str]] = {}
