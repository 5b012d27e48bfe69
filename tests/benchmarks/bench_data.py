"""A large CSV file through `drawscape.data.convert`: peak memory and time, each in a process of its own.

    python tests/benchmarks/bench_data.py --gigabytes 2 --limit-mb 1000 --targets json parquet csv

Exits with 1 when a peak is above the limit, a row is missing, or no progress was shown.
"""

import argparse
import multiprocessing
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

from drawscape.data import DEFAULT_MB, convert

_LINES = 100_000  # a block of lines that is written again and again


def make_csv(path: Path, size: int) -> int:
    """Write a CSV file of about `size` bytes; return its rows. Ten columns of the usual kinds."""
    rows = 0
    with path.open("w", encoding="utf-8") as stream:
        stream.write("id,code,name,city,price,share,day,at,flag,note\n")
        while stream.tell() < size:
            block = (
                f"{n},{n % 90_000:05d},Customer {n % 9973},Zürich,{n * 0.37:.2f},{n / 7:.9f},"
                f"2024-{n % 12 + 1:02d}-{n % 28 + 1:02d},2024-01-02 03:{n % 60:02d}:05,"
                f'{"true" if n % 3 else "false"},"a note, with ""quotes"" and {n}"\n'
                for n in range(rows, rows + _LINES)
            )
            stream.writelines(block)
            rows += _LINES
    return rows


def _convert(source: Path, target: Path, memory_mb: int, answer) -> None:  # type: ignore[no-untyped-def]
    reported: list[float] = []
    done = convert(
        source,
        target,
        scratch=target.parent / "scratch",
        memory_mb=memory_mb,
        progress=lambda fraction, message: reported.append(fraction),
    )
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer.send((peak_kb / 1024, done.rows, len(set(reported)), reported == sorted(reported)))


def measure(source: Path, target: Path, memory_mb: int) -> tuple[float, float, int, int, bool]:
    """Return seconds, peak megabytes, rows, the number of different progress values, if they rose."""
    context = multiprocessing.get_context("spawn")  # a fork would start with this process's memory
    ours, theirs = context.Pipe()
    begun = time.perf_counter()
    process = context.Process(target=_convert, args=(source, target, memory_mb, theirs))
    process.start()
    theirs.close()
    peak_mb, rows, steps, rising = ours.recv()
    process.join()
    return time.perf_counter() - begun, peak_mb, rows, steps, rising


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=2.0)
    parser.add_argument("--limit-mb", type=float, default=1000.0)
    parser.add_argument("--memory-mb", type=int, default=DEFAULT_MB)
    parser.add_argument("--targets", nargs="+", default=["json", "ndjson", "parquet", "csv"])
    parser.add_argument("--folder", type=Path, default=None)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-data-", dir=given.folder))
    try:
        source = folder / "large.csv"
        rows = make_csv(source, int(given.gigabytes * 1e9))
        size = source.stat().st_size
        print(f"{size / 1e9:.2f} GB, {rows:,} rows, {given.memory_mb} MB for DuckDB")
        print("| to | time | MB/s | peak memory | output | progress values |")
        print("|---|---|---|---|---|---|")
        good = True
        for form in given.targets:
            target = folder / f"made.{form}"
            seconds, peak_mb, found, steps, rising = measure(source, target, given.memory_mb)
            print(
                f"| {form} | {seconds:.1f} s | {size / 1e6 / seconds:.0f} | {peak_mb:.0f} MB "
                f"| {target.stat().st_size / 1e9:.2f} GB | {steps} |",
                flush=True,
            )
            good = good and peak_mb <= given.limit_mb and found == rows and steps > 10 and rising
            target.unlink()
        return 0 if good else 1
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
