"""A batch's files in processes of its job: as many as there are processors, and gone with the job.

The processes belong to the job's own process group, so whatever kills the job kills them too. They are
spawned, not forked: DuckDB's threads do not survive a fork.
"""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait as wait_for_end

from drawscape.files.batch import Item, Note, Report, Work, run_item

Outcome = tuple[int, Report, Note | None]
"""The index of an item, what became of it, and what to note of that."""

_WORTHWHILE = 8  # files: a process takes as long to start as some of these to convert
_WORTHWHILE_BYTES = 4 << 20


def pays(items: Sequence[Item]) -> bool:
    """Return whether processes of their own would do these files sooner than this one."""
    sizes = [item.source.stat().st_size for item in items if item.source]
    large = len(sizes) > 1 and sum(sizes) > _WORTHWHILE_BYTES
    return _processors() > 1 and (large or len(sizes) > _WORTHWHILE)


def run_pool(
    items: dict[int, Item], work: Work, is_stopped: Callable[[], bool]
) -> Iterator[Outcome]:
    """Yield what becomes of the items, by index, in the order in which they end.

    Once `is_stopped()` holds no further one is begun. A file that kills its process fails by itself.
    """
    left = dict(items)
    while left and not is_stopped():
        running: dict[Future[tuple[Report, Note | None]], int] = {}
        with _executor(min(_processors(), len(left))) as pool:
            try:
                yield from _run(pool, left, running, work, is_stopped)
                return
            except BrokenProcessPool:
                suspects = list(running.values())
        for index in suspects:
            yield _run_alone(index, left.pop(index), work)


def _run(
    pool: ProcessPoolExecutor,
    left: dict[int, Item],
    running: dict[Future[tuple[Report, Note | None]], int],
    work: Work,
    is_stopped: Callable[[], bool],
) -> Iterator[Outcome]:
    """Yield outcomes, taking their items from `left`; `running` are those in hand.

    Interrupted, as a job is that is asked to stop, it finishes what is in hand before it raises.
    """
    waiting = iter(list(left.items()))
    interrupt: BaseException | None = None
    while True:
        try:
            _submit(pool, waiting, running, work, is_stopped)
            if not running:
                break
            ended = wait(running, return_when=FIRST_COMPLETED).done
        except Exception:
            raise
        except BaseException as error:  # noqa: BLE001 - raised below
            interrupt = error
            for future in [future for future in running if future.cancel()]:
                del running[future]
            continue
        for future in ended:
            report, note = future.result()
            index = running.pop(future)
            del left[index]
            yield index, report, note
    if interrupt:
        raise interrupt


def _submit(
    pool: ProcessPoolExecutor,
    waiting: Iterator[tuple[int, Item]],
    running: dict[Future[tuple[Report, Note | None]], int],
    work: Work,
    is_stopped: Callable[[], bool],
) -> None:
    """Give the pool one item for each processor, and one in reserve."""
    while len(running) < 2 * _processors() and not is_stopped():
        index, item = next(waiting, (-1, None))
        if item is None:
            return
        running[pool.submit(_perform, item, work)] = index


def _run_alone(index: int, item: Item, work: Work) -> Outcome:
    """Return the outcome of a file that was in hand when a process died; it may be the cause."""
    with _executor(1) as pool:
        try:
            return (index, *pool.submit(_perform, item, work).result())
        except BrokenProcessPool:
            error = "its process died (killed, out of memory, or crashed); the other files went on"
            return index, Report(item.file, "failed", error=error), None


def _executor(processes: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(processes, mp_context=context, initializer=_prepare)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _prepare() -> None:
    """Make a process of the pool ready: it ends with its parent, however that ends."""
    from drawscape.data import keep_open

    keep_open()
    parent = multiprocessing.parent_process()
    if parent:
        sentinel = parent.sentinel
        threading.Thread(target=_end_with, args=(sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait_for_end([sentinel])
    os._exit(1)


def _perform(item: Item, work: Work) -> tuple[Report, Note | None]:
    return run_item(item, work, lambda fraction, message: None)
