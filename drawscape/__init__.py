"""Generative design for pen plotters, explored in Jupyter notebooks."""

import importlib

__version__ = "0.3.0"


def load_ipython_extension(shell: object) -> None:
    """Make `%%sketch`, `%jobs`, `%worker` and completions known: `%load_ext drawscape`."""
    magics = importlib.import_module("drawscape.notebook.magics")  # needs the extra `lab`
    magics.load_ipython_extension(shell)
