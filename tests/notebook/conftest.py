"""A home for each module's tests."""

import pytest


@pytest.fixture(scope="module")
def home(module_home):
    """The home of one module's tests."""
    return module_home
