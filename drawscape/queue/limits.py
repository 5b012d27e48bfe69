"""Lanes and limits: what jobs share, and how many with one key run at once."""

import re
from typing import Any, NamedTuple

from drawscape.errors import JobOptionError
from drawscape.queue.engines.engine import Engine

_LANE = re.compile(r"[A-Za-z0-9_:-]{1,64}")


def check_lane(name: Any) -> str:
    """Return `name` if a lane may be called so, else raise JobOptionError.

    >>> check_lane("fast")
    'fast'
    """
    if not isinstance(name, str) or not _LANE.fullmatch(name):
        raise JobOptionError(f"job_lane={name!r}: use 1 to 64 of A-Z a-z 0-9 _ : -, such as 'slow'")
    return name


class JobGroup(NamedTuple):
    """What jobs share: a lane that workers may choose, a key of which `most` run at once."""

    lane: str = "default"
    limit_key: str = ""
    most: int | None = None


ORDINARY_GROUP = JobGroup()


def group_of(engine: Engine, job_id: str) -> JobGroup:
    rows = engine.read(engine.GROUP_OF, id=job_id)
    return JobGroup(*rows[0]) if rows else ORDINARY_GROUP


ALL_LANES = "*"
