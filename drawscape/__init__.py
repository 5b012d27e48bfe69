"""Generative design for pen plotters, explored in Jupyter notebooks."""

import contextlib
import importlib

from drawscape import settings
from drawscape.errors import SettingsError
from drawscape.project_modules import add_folder

__version__ = "0.4.0"

# A project's notebooks, in a folder of their own, import its `workers` and `sketches` by these names.
with contextlib.suppress(SettingsError, OSError):
    if settings.is_project(settings.home()):
        add_folder(settings.home())


def load_ipython_extension(shell: object) -> None:
    """Make `%%sketch`, `%jobs`, `%worker` and completions known: `%load_ext drawscape`."""
    magics = importlib.import_module("drawscape.notebook.magics")  # needs the extra `lab`
    magics.load_ipython_extension(shell)
