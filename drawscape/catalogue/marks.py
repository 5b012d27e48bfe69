"""Marks: stars, tags, a note and a name. They belong to a mark key (`recipe.mark_key`).

The key is sketch, parameters, seed and page. Marks stay when the file is deleted, and when the version of
the sketch, numpy, Drawscape or Python changes.
"""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from drawscape.catalogue.database import read_rows, writing
from drawscape.errors import ParameterError
from drawscape.parameters import Parameter

KEPT, REJECTED = "kept", "rejected"
"""The tags of a contact sheet's buttons."""

STARS = Parameter("stars", "int", default=0, low=0, high=5)


@dataclass(frozen=True)
class Marks:
    """The marks of one key."""

    stars: int = 0
    tags: tuple[str, ...] = ()
    note: str = ""
    name: str = ""


def marks_of_each(keys: Iterable[str]) -> dict[str, Marks]:
    """Return the marks by mark key, as they are now; two statements, no matter how many keys."""
    found = {key: Marks() for key in keys}
    wanted = [json.dumps([*found])]
    marks = read_rows(
        "select mark_key, stars, note, name from mark "
        "where mark_key in (select value from json_each(?))",
        wanted,
    )
    for key, stars, note, name in marks:
        found[key] = Marks(stars, (), note, name)
    tags = read_rows(
        "select mark_key, tag from tag where mark_key in (select value from json_each(?)) order by tag",
        wanted,
    )
    for key, tag in tags:
        found[key] = replace(found[key], tags=(*found[key].tags, tag))
    return found


_SET = {
    "stars": """
        insert into mark (mark_key, stars, changed_at) values (?, ?, ?) on conflict (mark_key)
        do update set stars = excluded.stars, changed_at = excluded.changed_at""",
    "note": """
        insert into mark (mark_key, note, changed_at) values (?, ?, ?) on conflict (mark_key)
        do update set note = excluded.note, changed_at = excluded.changed_at""",
    "name": """
        insert into mark (mark_key, name, changed_at) values (?, ?, ?) on conflict (mark_key)
        do update set name = excluded.name, changed_at = excluded.changed_at""",
}


def set_mark(key: str, **marks: int | str) -> None:
    """Write `stars`, `note` or `name`; values are checked by the caller."""
    with writing() as connection:
        for mark, value in marks.items():
            connection.execute(_SET[mark], (key, value, time.time()))


def add_tags(key: str, tags: Iterable[str]) -> None:
    """Add tags. Raises ParameterError for a tag that is empty or has more than one line."""
    rows = [(key, _checked_tag(tag)) for tag in tags]
    with writing() as connection:
        connection.executemany("insert or ignore into tag values (?, ?)", rows)


def remove_tags(key: str, tags: Iterable[str]) -> None:
    """Remove tags; missing tags are ignored. Raises ParameterError as `add_tags` does."""
    rows = [(key, _checked_tag(tag)) for tag in tags]
    with writing() as connection:
        connection.executemany("delete from tag where mark_key = ? and tag = ?", rows)


def copy_marks(before: str, after: str) -> None:
    """Give the marks of one key to another that has none yet.

    If a sketch has gained a parameter, a drawing that is drawn again has another key.
    """
    known = marks_of_each([before, after])
    old, new = known[before], known[after]
    if new == Marks() != old:
        set_mark(after, stars=old.stars, note=old.note, name=old.name)
        add_tags(after, old.tags)


def checked_words(name: str, words: Any) -> str:
    """Return `words`. Raises ParameterError, with `name`, for anything but valid UTF-8 text."""
    if not isinstance(words, str):
        raise ParameterError(name, words, "give text")
    if any("\ud800" <= character <= "\udfff" for character in words):
        raise ParameterError(name, words, "is not valid UTF-8 text")
    return words


def _checked_tag(tag: Any) -> str:
    text = checked_words("tag", tag).strip()
    if not text or "\n" in text:
        raise ParameterError("tag", tag, "give a word or a few, in one line")
    return text
