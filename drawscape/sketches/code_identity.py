"""What a drawing's code is: everything that the sketch reaches, as digests that stay the same for the same.

A sketch of the library counts by its modules. Any other is walked from the function on: what it calls and
reads, wherever it was defined, by value. Comments, places, and the order in which cells ran do not count.
"""

import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from drawscape.sketches import library_code


@dataclass(frozen=True)
class Identity:
    """Digests of a sketch's own code and of the library's, versions of what its numbers depend on.

    `volatile` names what may give another drawing for the same recipe: the clock, dice of its own.
    """

    sketch: str
    library: str
    versions: Mapping[str, str] = field(default_factory=dict)
    volatile: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """All of it in one: `sha256:...`."""
        parts = repr((self.sketch, self.library, sorted(self.versions.items())))
        return f"sha256:{hashlib.sha256(parts.encode()).hexdigest()}"


def identity_of(function: Callable[..., Any]) -> Identity:
    """Return the identity of the code of `function`, as it is now.

    One that came from another process says by itself what it was there. A call costs a millisecond, for
    digests of code are kept by code object and those of files by their stamps.
    """
    look = library_code.Look()
    module = getattr(inspect.unwrap(function), "__module__", None) or ""
    if library_code.is_library(module):
        reached = {*library_code.CORE, module}
        packages = look.packages_of(reached)
        numpy = {"numpy"} if "rng" in inspect.signature(function).parameters else set()
        versions = {name: library_code.version_of(name) for name in sorted(packages | numpy)}
        own = look.digest_of([module])
        return Identity(own, look.digest_of(library_code.CORE), versions)
    from drawscape.sketches.bytecode import PYTHON
    from drawscape.sketches.code_walk import Walk  # the library's sketches need none

    walk = Walk()
    walk.value(function)
    walk.annotations(function)
    if "rng" in inspect.signature(function).parameters:
        walk.packages.add("numpy")
    reached = {*library_code.CORE, *walk.library}
    packages = walk.packages | look.packages_of(reached)
    versions = {name: library_code.version_of(name) for name in sorted(packages)}
    return Identity(
        walk.digest,
        look.digest_of(reached),
        {**versions, "python": PYTHON},
        tuple(sorted(walk.volatile)),
    )
