"""The job table's statements in Postgres' words, each put into them once."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

# A literal, a lock that SQLite reads as a comment, a value by place, a value by name (`::` is a cast).
_PARTS = re.compile(r"'(?:[^']|'')*'|/\* for update \*/|\?|(?<![:\w]):([a-z]\w*)")

_WORDS = (("max(started_at,", "greatest(started_at,"),)

_QUEUES = re.compile(r"^\s*insert into (?!job_log|job_preview)|set status = (?:'queued'|case)")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with `$1`, `$2`...; `names` are those of its values, None when they go by place."""

    text: str
    names: tuple[str, ...] | None
    writes: bool
    queues: bool
    """Whether a worker may have something to do after it."""

    inserts: bool
    announces: bool
    """Whether it inserts what a worker may have to do, and returns nothing."""

    @property
    def requeues(self) -> bool:
        """Whether it may queue jobs that were there before."""
        return self.queues and not self.inserts

    def values(self, given: Sequence[Any] | Mapping[str, Any]) -> Sequence[Any]:
        """Return the values in the order of the marks."""
        if isinstance(given, Mapping):
            return [given[name] for name in self.names or ()]
        return given


@lru_cache(512)
def rendered(sql: str) -> Statement:
    """Return `sql`, written with `?` or `:name`, as Postgres takes it.

    >>> rendered("select ?, 'what?' from job where id = :id").text
    "select $1, 'what?' from job where id = $2"
    """
    names: list[str] = []
    count = 0

    def mark(found: re.Match[str]) -> str:
        nonlocal count
        if found[0] == "?":
            count += 1
            return f"${count}"
        if found[0] == "/* for update */":
            return "for update"
        if found[1] is None:
            return found[0]
        if found[1] not in names:
            names.append(found[1])
        return f"${count + names.index(found[1]) + 1}"

    text = _PARTS.sub(mark, sql)
    for ours, theirs in _WORDS:
        text = text.replace(ours, theirs)
    writes = re.match(r"\s*(insert|update|delete)\b", text) is not None or " set status" in text
    inserts = text.lstrip().startswith("insert")
    queues = writes and bool(_QUEUES.search(text))
    announces = inserts and queues and " returning " not in text
    return Statement(text, tuple(names) or None, writes, queues, inserts, announces)


@lru_cache(512)
def carrying(insert: str, channel: str) -> str:
    """Return the text of an insert that also sends the notices of its commit.

    >>> carrying("insert into job (id) values ($1)", "ds").partition(") ")[2]
    "values ($1) returning 1) select pg_notify('ds_change', ''), pg_notify('ds_work', '') from written"
    """
    return (
        f"with written as ({insert} returning 1) "
        f"select pg_notify('{channel}_change', ''), pg_notify('{channel}_work', '') from written"
    )
