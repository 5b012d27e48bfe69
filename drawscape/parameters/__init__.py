"""What a signature says about its parameters: kind, bounds, choices, default, tooltip.

One reading serves notebook, worker, command line and the web front's JSON Schema. Read parameter.py, then
annotation.py: signatures to parameters, and a sketch's parameters told from a function's options.
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
