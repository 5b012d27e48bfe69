"""What a signature says about its parameters: kind, bounds, choices, default, tooltip.

One reading serves the form in the notebook, the check in the worker, the options of the command line
and the JSON Schema of the web front. Read parameter.py, then annotation.py: signatures to parameters, and a
sketch's parameters told from a function's options.
"""

from drawscape.parameters.annotation import parameters_apart, read_parameters
from drawscape.parameters.parameter import (
    MISSING,
    Color,
    Format,
    Group,
    InputFile,
    Kind,
    Parameter,
    Suggestions,
    check_arguments,
    json_schema,
)

__all__ = [
    "MISSING",
    "Color",
    "Format",
    "Group",
    "InputFile",
    "Kind",
    "Parameter",
    "Suggestions",
    "check_arguments",
    "json_schema",
    "parameters_apart",
    "read_parameters",
]
