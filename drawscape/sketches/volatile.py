"""What may give another answer at another time: the clock, the environment, dice without a seed."""

from random import Random
from types import ModuleType
from typing import Any

from drawscape.sketches.bytecode import Behaviour

_CLOCKS = {
    "time": {
        "time",
        "time_ns",
        "monotonic",
        "perf_counter",
        "localtime",
        "gmtime",
        "strftime",
        "ctime",
    },
    "datetime": {"now", "utcnow", "today"},
    "os": {"environ", "getenv", "urandom", "getpid", "getcwd", "listdir", "scandir"},
    "uuid": {"uuid1", "uuid4"},
    "secrets": {"randbelow", "choice", "token_hex", "token_bytes", "randbits", "SystemRandom"},
    "random": {"random", "randint", "choice", "choices", "uniform", "shuffle", "gauss", "sample"}
    | {"randrange", "normalvariate", "triangular", "SystemRandom"},
}
"""Of these modules of Python what gives another answer at another time."""

_NUMPY_RANDOM = {"rand", "randn", "random", "randint", "uniform", "normal", "choice", "shuffle"}


def volatile_in(value: Any, behaviour: Behaviour) -> set[str]:
    """Return the names of what code of that `behaviour`, which reaches `value`, takes from clock or dice."""
    used = behaviour.attributes
    module = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", "")
    found: set[str] = set()
    own_dice = module == "random" and (value is Random or used & {"seed", "Random"})
    if own_dice and "Random" in behaviour.bare_calls:
        found.add("random.Random() without a seed")
    elif isinstance(value, (ModuleType, type)) and not own_dice:
        found |= {f"{module}.{name}" for name in used & _CLOCKS.get(str(module), set())}
    if module in ("numpy", "numpy.random") and isinstance(value, ModuleType):
        plain = used & _NUMPY_RANDOM if module == "numpy.random" or "random" in used else set()
        if "seed" not in used and "default_rng" not in used and "Generator" not in used:
            found |= {f"numpy.random.{name}" for name in plain if name != "random"}
        if "default_rng" in behaviour.bare_calls:
            found.add("numpy.random.default_rng() without a seed")
    return found


def volatile_builtin(value: Any, module: str) -> set[str]:
    """Return the name of a built-in of `module` when it is a clock, or a method of dice."""
    dice = type(getattr(value, "__self__", None)).__module__ == "random"
    if value.__name__ not in _CLOCKS.get(module, ()) and not dice:
        return set()
    return {f"{'random' if dice else module}.{value.__name__}"}
