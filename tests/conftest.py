"""The suite's fixtures are in `plugin.py`; what one package alone needs is in its own conftest."""

pytest_plugins = ["plugin"]
