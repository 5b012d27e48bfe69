"""Jobs that are queued: one, many, by a decorator; or run at once, for tests."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar, cast

from drawscape import settings
from drawscape.errors import JobStateError
from drawscape.jobs.default import default_queue, workers_alive
from drawscape.queue import task
from drawscape.queue.codec import dump
from drawscape.queue.job import Job
from drawscape.queue.options import split_options

if TYPE_CHECKING:
    from drawscape.queue.batch import Batch

Target = str | Callable[..., Any]
P = ParamSpec("P")
R = TypeVar("R", covariant=True)


def enqueue_background_job(task_function: Target, *args: Any, **kwargs: Any) -> Job:
    """Queue `task_function(*args, **kwargs)` and return its Job.

    `task_function` is a dotted path in a task module (`'workers.svg_tasks.generate_complex_svg'`) or a
    function, which may be defined in a notebook's cell. Everything is checked here; when an error is
    raised no job was queued. Options, all beginning with `job_`:

    - `job_timeout='5m'`: `'90s'`, `'1h30m'`, `'1d'`, seconds, a timedelta; -1 or None for no limit. The
      child is killed then; with `job_grace` seconds the task is first asked by an exception.
    - `job_id`: one of your own, `[A-Za-z0-9_-]+`; a duplicate is refused.
    - `job_priority=0`: higher runs first. Below 0 it lets others pass: a worker of several slots keeps one
      free of such jobs.
    - `job_delay`, `job_at`: not before that many seconds (or timedelta), or that aware datetime.
    - `job_retries=0`, `job_retry_delay=0`, `job_retry_backoff=1`: again after an exception or timeout,
      after a delay that grows by the factor each time; a list of delays gives each its own.
    - `job_depends_on`: a job, batch or id, or several: `deferred` until they finish. If one fails this one
      fails with reason `dependency`, unless `job_run_anyway=True`.
    - `job_on_success`, `job_on_failure`: a task that is queued with the job's id once it has ended so.
    - `job_unique`: True (same task and arguments) or a key: while such a job is active it is returned.
    - `job_lane='default'`: workers may be started for some lanes only, and a lane may be paused.
    - `job_limit`, `job_limit_key`: how many jobs of this task, or with this key, run at once.
    - `job_result_ttl`: keep the ended job that many seconds, instead of 30 days (failed: a year).
    - `job_fresh_process=True`: it runs in a process in which no other job runs, before or after.
    - `job_meta`: a dictionary of notes; `job_description`: words for lists.

    An argument that is a Job stands for its result: the new job waits for it, as with `job_depends_on`.

    Raises TaskNotAllowedError, TaskNotFoundError, TaskArgumentsError, NotSerializableError,
    JobOptionError, DuplicateJobError, JobNotFoundError (a dependency) or QueueError.

    >>> drawing = enqueue_background_job(TASK, 60, 60, pattern_type="rose", job_timeout="2m")
    >>> drawing.wait(60).endswith(".svg"), drawing.status
    (True, 'finished')
    """
    queue = default_queue()
    job = Job(queue, queue.enqueue(task_function, args, kwargs))
    _run_if_synchronous()
    return job


def enqueue_many(
    task_function: Target,
    calls: Iterable[Mapping[str, Any] | tuple[Target, Mapping[str, Any]]],
    *,
    then: Target | None = None,
    then_kwargs: Mapping[str, Any] | None = None,
    batch_description: str | None = None,
    **options: Any,
) -> "Batch":
    """Queue one job for each dictionary of arguments in `calls`, in one transaction; return the Batch.

    A call may also be a pair of another function and its arguments.
    `then` runs, with `then_kwargs`, once all have ended, however they ended (unless `then_kwargs` holds
    `job_run_anyway=False`). `options` are `job_...` options, the same for each job.
    Raises as `enqueue_background_job` does; then none was queued.

    >>> batch = enqueue_many(TASK, [{"width": 40, "height": 40, "seed": seed} for seed in range(3)])
    >>> len(batch.wait(60))
    3
    """
    from drawscape.queue.batch import Batch

    queue = default_queue()
    batch_id, _, following = queue.enqueue_many(
        task_function,
        calls,
        options,
        then=then,
        then_kwargs=then_kwargs,
        description=batch_description,
    )
    batch = Batch(queue, batch_id)
    batch.following = None if following is None else Job(queue, following)
    _run_if_synchronous()
    return batch


def job(**options: Any) -> "Callable[[Callable[P, R]], JobFunction[P, R]]":
    """Return a decorator that gives a task options of its own: `@job(job_timeout='10m', job_retries=2)`.

    The function stays what it is; `function.enqueue(*args, **kwargs)` queues it with these options, those
    in `kwargs` before them.

    >>> @job(job_timeout="10m", job_retries=2)
    ... def area(width, height):
    ...     return width * height
    >>> area(2, 3), area.enqueue(4, 5).wait(60)
    (6, 20)
    """
    split_options(options)

    def decorated(function: Callable[P, R]) -> JobFunction[P, R]:
        def enqueue(*args: Any, **kwargs: Any) -> Job:
            return enqueue_background_job(function, *args, **{**options, **kwargs})

        function.enqueue = enqueue  # type: ignore[attr-defined]
        return cast("JobFunction[P, R]", function)

    return decorated


class JobFunction(Protocol[P, R]):
    """A function that `@job` was put on."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call it here and now."""

    def enqueue(self, *args: Any, **kwargs: Any) -> Job:
        """Queue it."""


_synchronous: ContextVar[bool] = ContextVar("synchronous", default=False)


@contextmanager
def synchronous_jobs() -> Iterator[None]:
    """Let each job that is queued within the block run at once, in this process: for tests.

    All else is as with a worker: rows, statuses, retries, dependents. Delays are not waited for.
    Raises JobStateError where a worker is alive, which would run them first: give a test a queue of its own.

    >>> with synchronous_jobs():
    ...     drawing = enqueue_background_job(TASK, 40, 40)
    >>> drawing.status
    'finished'
    """
    if alive := workers_alive():
        raise JobStateError(
            f"a worker is alive in {default_queue().home} (process {alive[0].pid}) and would take the jobs; "
            "let DRAWSCAPE_QUEUE name a file of the test's own"
        )
    token = _synchronous.set(True)
    try:
        yield
    finally:
        _synchronous.reset(token)


def _run_if_synchronous() -> None:
    if _synchronous.get():
        from drawscape.queue.inline import run_queued

        run_queued(default_queue())


def load_task(path: str) -> Callable[..., Any]:
    """Return the function at `path`, as a worker would find it.

    Raises TaskNotAllowedError and TaskNotFoundError; errors of the module itself are raised as they are.

    >>> load_task(TASK).__name__
    'generate_complex_svg'
    """
    return task.load(path, settings.task_modules(), settings.home())


def check_serializable(value: Any) -> int:
    """Return how many bytes carry `value` to a worker.

    Raises NotSerializableError when it cannot be carried.

    >>> check_serializable({"width": 210}) < 100
    True
    """
    return len(dump(value))
