"""Generative design for pen plotters, explored in Jupyter notebooks."""

__version__ = "0.2.0"


def load_ipython_extension(shell: object) -> None:
    """Make `%%sketch`, `%jobs`, `%worker` and completions known: `%load_ext drawscape`."""
    from drawscape.notebook.magics import load_ipython_extension as load

    load(shell)
