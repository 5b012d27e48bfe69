"""Sheets and the settings of forms: small JSON documents by name, that come back after a restart."""

import json
import time
from collections.abc import Mapping
from typing import Any

from drawscape.catalogue.database import reading, writing


class Store:
    """The documents of one kind by key."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def load(self, key: str) -> dict[str, Any] | None:
        """Return the document, None where there is none."""
        with reading() as connection:
            row = connection.execute(
                "select body from document where kind = ? and key = ?", (self._kind, key)
            ).fetchone()
        return None if row is None else json.loads(row[0])

    def save(self, key: str, body: Mapping[str, Any]) -> None:
        """Keep `body`, JSON values, under `key`; what was there is replaced."""
        text = json.dumps(dict(body))
        with writing() as connection:
            connection.execute(
                "insert or replace into document values (?, ?, ?, ?)",
                (self._kind, key, text, time.time()),
            )

    def delete(self, key: str) -> bool:
        """Return whether there was such a document, which is gone now."""
        with writing() as connection:
            found = connection.execute(
                "delete from document where kind = ? and key = ?", (self._kind, key)
            )
            return found.rowcount > 0

    def keys(self, beginning: str = "") -> list[str]:
        """Return the keys that begin so, the latest changed first."""
        with reading() as connection:
            rows = connection.execute(
                "select key from document where kind = ? and substr(key, 1, ?) = ? order by changed_at desc",
                (self._kind, len(beginning), beginning),
            ).fetchall()
        return [row[0] for row in rows]


def settings_key(notebook: str, target: str) -> str:
    """Return the key of the form for `target` in `notebook`.

    >>> settings_key("01.ipynb", "spiral") != settings_key("02.ipynb", "spiral")
    True
    """
    return f"{notebook}\t{target}"


settings_store, named_store = Store("form"), Store("named")
"""Where forms keep their settings by `settings_key`; those with a name have it in the key's next line."""

recent_store = Store("recent")
"""Where forms keep their last pictures, by the same keys."""

sheet_store = Store("sheet")
"""Where sheets are kept by name."""
