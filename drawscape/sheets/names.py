"""File names made from what people type."""

import hashlib
import json
import re
import unicodedata
from typing import Any

_LONGEST = 60
# Windows keeps these names for devices, with any extension.
_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))]
)


def safe_name(text: str, fallback: str = "drawing") -> str:
    """Return `text` as part of a file name: letters, digits, `-`, `_`; never empty, dotted or reserved."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9-]+", "_", plain).strip("_-")[:_LONGEST].strip("_-")
    if not name:
        return fallback
    return f"{name}_" if name.lower() in _RESERVED else name


def short_hash(values: Any) -> str:
    """Return eight hexadecimal digits for JSON-like `values`: the same for the same, on any machine."""
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
