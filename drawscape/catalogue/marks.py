"""What people say of drawings: stars, tags, a note, a name. They belong to recipes, and outlive files."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

from drawscape.catalogue.database import CHUNK, reading, writing
from drawscape.errors import ParameterError

KEPT, REJECTED = "kept", "rejected"
MOST_STARS = 5


@dataclass(frozen=True)
class Marks:
    """The marks of one recipe."""

    stars: int = 0
    tags: tuple[str, ...] = ()
    note: str = ""
    name: str = ""


def marks_of(recipe: str) -> Marks:
    """Return the marks of a recipe as they are now, from any notebook or tool."""
    return marks_of_each([recipe])[recipe]


def marks_of_each(recipes: Iterable[str]) -> dict[str, Marks]:
    """Return the marks of recipes by recipe, as they are now."""
    found = {recipe: Marks() for recipe in recipes}
    wanted = list(found)
    with reading() as connection:
        for first in range(0, len(wanted), CHUNK):
            part = wanted[first : first + CHUNK]
            inside = f"where recipe in ({', '.join('?' * len(part))})"
            rows = connection.execute(f"select recipe, stars, note, name from mark {inside}", part)
            for recipe, stars, note, name in rows:
                found[recipe] = Marks(stars, (), note, name)
            rows = connection.execute(f"select recipe, tag from tag {inside} order by tag", part)
            for recipe, tag in rows:
                found[recipe] = replace(found[recipe], tags=(*found[recipe].tags, tag))
    return found


def set_mark(recipe: str, column: str, value: int | str) -> None:
    """Give a recipe stars, 0 to 5, a note or a name, '' for none. Raises ParameterError for other stars."""
    if column == "stars" and (type(value) is not int or not 0 <= value <= MOST_STARS):
        raise ParameterError("stars", value, f"give a whole number from 0 to {MOST_STARS}")
    with writing() as connection:
        connection.execute(
            f"insert into mark (recipe, {column}, changed_at) values (?, ?, ?) on conflict (recipe) "
            f"do update set {column} = excluded.{column}, changed_at = excluded.changed_at",
            (recipe, value, time.time()),
        )


def add_tags(recipe: str, tags: tuple[str, ...]) -> None:
    """Add tags to a recipe; those it has stay. Raises ParameterError for an empty one."""
    wanted = [_checked(tag) for tag in tags]
    with writing() as connection:
        rows = [(recipe, tag) for tag in wanted]
        connection.executemany("insert or ignore into tag values (?, ?)", rows)


def remove_tags(recipe: str, tags: tuple[str, ...]) -> None:
    """Take tags from a recipe; those it does not have are no error."""
    with writing() as connection:
        rows = [(recipe, _checked(tag)) for tag in tags]
        connection.executemany("delete from tag where recipe = ? and tag = ?", rows)


def _checked(tag: str) -> str:
    text = tag.strip() if isinstance(tag, str) else ""
    if not text or "\n" in text:
        raise ParameterError("tag", tag, "give a word or a few, in one line")
    return text
