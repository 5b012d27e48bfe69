"""Functions that travel to the worker by value: those of a notebook, and of the files beside it."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from drawscape.errors import NotSerializableError


def portable(function: Callable[..., Any]) -> Any:
    """Return `function` such that it unpickles where its module cannot be imported.

    What lies in `__main__` travels by value anyway; so shall what lies in a file beside the notebook.

    >>> def doubled(number):
    ...     return 2 * number
    >>> enqueue_background_job(portable(doubled), 21).wait(60)
    42
    """
    import cloudpickle

    module = sys.modules.get(getattr(function, "__module__", "") or "")
    file = getattr(module, "__file__", None)
    if module is None or module.__name__ == "__main__" or not file or "site-packages" in file:
        return function
    if module.__name__.partition(".")[0] in {"drawscape", *sys.stdlib_module_names}:
        return function
    cloudpickle.register_pickle_by_value(module)
    try:
        return Carried(bytes(cloudpickle.dumps(function)))
    except Exception as error:
        raise NotSerializableError(f"{type(error).__name__}: {error}") from error
    finally:
        cloudpickle.unregister_pickle_by_value(module)


@dataclass(frozen=True)
class Carried:
    """A function pickled by value beforehand; it unpickles to the function itself."""

    data: bytes

    def __reduce__(self) -> tuple[Any, tuple[bytes]]:
        import pickle

        return pickle.loads, (self.data,)
