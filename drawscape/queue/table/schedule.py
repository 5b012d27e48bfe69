"""Jobs that wait for a moment: they are queued when it has come."""

from drawscape.queue import clock
from drawscape.queue.engines.engine import Database


def promote_due(database: Database, queue: str) -> int:
    """Return how many scheduled jobs came due and are queued now.

    A delay of this run of the machine goes by the clock that nobody sets; all else by the time of day.
    """
    with database.translated():
        return sum(
            database.connection.execute(
                "update job set status = 'queued', due_at = null, due_boot = null, due_boot_s = null "
                f"where status = 'scheduled' and queue = ? and {condition}",
                (queue, *values),
            ).rowcount
            for condition, values in (
                ("due_boot is null and due_at <= ?", (clock.now(),)),
                (
                    "due_boot is not null and due_boot = ? and due_boot_s <= ?",
                    (clock.boot_id(), clock.boot_s()),
                ),
            )
        )


def next_due_s(database: Database, queue: str) -> float | None:
    """Return in how many seconds the next scheduled job comes due, None when there is none."""
    with database.translated():
        at = database.connection.execute(
            "select due_at from job where status = 'scheduled' and due_boot is null and queue = ? "
            "order by due_at limit 1",
            (queue,),
        ).fetchone()
        after = database.connection.execute(
            "select due_boot_s from job where status = 'scheduled' and due_boot is not null "
            "and queue = ? and due_boot = ? order by due_boot_s limit 1",
            (queue, clock.boot_id()),
        ).fetchone()
    waits = [
        *([at[0] - clock.now()] if at else []),
        *([after[0] - clock.boot_s()] if after else []),
    ]
    return max(0.0, min(waits)) if waits else None


def forget_other_boots(database: Database) -> None:
    """Let delays that began before the machine was started anew go by the time of day."""
    with database.transaction() as connection:
        connection.execute(
            "update job set due_boot = null, due_boot_s = null "
            "where status = 'scheduled' and due_boot is not null and due_boot != ?",
            (clock.boot_id(),),
        )
