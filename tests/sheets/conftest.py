"""A home of its own for every test that writes files."""

import pytest


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Return an empty folder that is the home, with nothing else allowed to be read."""
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    monkeypatch.delenv("DRAWSCAPE_DATA_DIRS", raising=False)
    return tmp_path
