"""A home for plots, and emulated machines in it."""

import pytest
from machine_bench import Bench


@pytest.fixture
def bench(home):
    """Make a machine and what plots on it: `bench("grbl", GrblEmulator, scale=40)`."""
    made = []

    def make(driver: str, emulator, *, profile: str | None = None, **options) -> Bench:
        made.append(Bench(home, driver, emulator, profile, {"scale": 40.0, **options}))
        return made[-1]

    yield make
    for one in made:
        one.emulator.close()
