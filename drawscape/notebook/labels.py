"""Names, values and sizes as a person reads them."""

from typing import Any


def label_of(name: str) -> str:
    """Return a parameter's name as a person reads it: 'line_width' as 'line width'."""
    return name.strip("_").replace("_", " ")


def number_text(number: float) -> str:
    """Return the shortest text that reads as exactly that number.

    >>> number_text(1.25), number_text(45.0)
    ('1.25', '45')
    """
    return repr(number).removesuffix(".0")


def value_text(value: Any) -> str:
    """Return a value as Python reads it, a whole float without its point."""
    return number_text(value) if isinstance(value, float) else repr(value)


def size_words(count: int) -> str:
    """Return a number of bytes as a person reads it: '812 bytes', '34 kB', '1.2 MB'."""
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1000:.0f} kB" if count < 999_500 else f"{count / 1e6:.1f} MB"
