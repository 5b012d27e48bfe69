"""A claim on a job: who requests it, who holds it, and how its run ended."""

import json
from typing import Any, NamedTuple

from drawscape.queue.snapshot import Reason, Status


class ClaimRequest(NamedTuple):
    """A request by a worker's slot for a job in some lanes (none: all), with a priority from `lowest`."""

    queue: str
    worker: str
    pid: int | None = None
    lanes: tuple[str, ...] = ()
    lowest: int = -(2**63)


class Claim(NamedTuple):
    """A job that a worker holds: `token` numbers the claim, and only its holder may acknowledge."""

    seq: int
    id: str
    task: str
    payload: bytes
    timeout_s: float | None
    grace_s: float | None
    token: int
    created_at: float
    meta: str | None
    pid: int | None
    recoveries: int
    worker: str
    code: str | None = None

    @property
    def key(self) -> dict[str, Any]:
        """The values that identify the claim in each write of its holder."""
        return {"seq": self.seq, "id": self.id, "token": self.token, "worker": self.worker}


class Outcome(NamedTuple):
    """How a run ended; an acknowledgement writes it."""

    status: str
    reason: str | None = None
    result: bytes | None = None
    error: str | None = None
    detail: dict[str, Any] | None = None
    peak_kb: int | None = None

    @property
    def may_be_retried(self) -> bool:
        """Whether another try makes sense: after an exception, unless it says otherwise, or a timeout.

        A job whose child died may be the cause; an error with a true `permanent` would come again.
        """
        if self.status != Status.FAILED or self.reason not in (Reason.EXCEPTION, Reason.TIMEOUT):
            return False
        return not (self.detail or {}).get("permanent")

    @property
    def columns(self) -> dict[str, Any]:
        """The values that an acknowledgement writes."""
        return {**self._asdict(), "detail": json.dumps(self.detail) if self.detail else None}
