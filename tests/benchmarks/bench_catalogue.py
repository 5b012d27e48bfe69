"""The catalogue with 100,000 drawings: looks, filters, the gallery, writing a row, bytes a row.

python tests/benchmarks/bench_catalogue.py [--drawings 100000]
"""

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROUNDS = 40


def quantiles_ms(act, rounds=ROUNDS):
    """Return median and 95th percentile of a call, in ms."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        act()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times), statistics.quantiles(times, n=20)[18]


def fill(home, count):
    """Write the rows, parameters, thumbnails and marks of `count` drawings; one in twenty has stars."""
    from drawscape.catalogue.database import reading, writing
    from drawscape.tasks.drawing import generate_complex_svg

    dice = random.Random(1)
    generate_complex_svg(60, 60, "flow_field", seed=0)
    with reading() as connection:
        row = dict(connection.execute("select * from drawing").fetchone())
        picture = connection.execute("select picture from thumbnail").fetchone()[0]
    parameters = json.loads(row["parameters"])
    numbers = [name for name, value in parameters.items() if isinstance(value, (int, float))]
    with writing() as opened:
        for number in range(2, count + 1):
            values = {**parameters, **{name: round(dice.uniform(0, 10), 3) for name in numbers}}
            one = {
                **row,
                "id": number,
                "recipe": f"{dice.getrandbits(96):024x}",
                "request": f"{dice.getrandbits(96):024x}",
                "seed": number,
                "parameters": json.dumps(values),
                "path": f"output/many/flow_field-{number}-{dice.getrandbits(32):08x}.svg",
                "digest": f"{dice.getrandbits(128):032x}",
                "drawn_at": row["drawn_at"] - dice.uniform(0, 1e7),
                "ink_mm": dice.uniform(1e3, 1e5),
            }
            opened.execute(
                f"insert into drawing ({', '.join(one)}) values ({', '.join('?' * len(one))})",
                (*one.values(),),
            )
            if number % 20 == 0:
                mark = (one["recipe"], dice.randint(1, 5), "", "", time.time())
                opened.execute("insert into mark values (?, ?, ?, ?, ?)", mark)
    size = os.path.getsize(home / ".drawscape" / "catalogue.db")
    with reading() as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    size = os.path.getsize(home / ".drawscape" / "catalogue.db")
    print(f"{size / count / 1000:.2f} kB a row without thumbnail")
    with writing() as opened:
        opened.executemany(
            "insert or ignore into thumbnail values (?, ?)",
            ((number, picture) for number in range(2, count + 1)),
        )


def measure(count):
    """Print one line a figure, with what it may be."""
    from drawscape.catalogue import drawings, standing
    from drawscape.catalogue.index import provenance_of, record
    from drawscape.notebook import history
    from drawscape.recipe import draw_recipe, recipe_of
    from drawscape.sketches import SKETCHES

    names = [p.name for p in SKETCHES["flow_field"].parameters][:2]

    def report(what: str, limit_ms: float, act: Callable[[], object], rounds: int = ROUNDS) -> None:
        median, p95 = quantiles_ms(act, rounds)
        print(f"{what}: median {median:.1f} ms, p95 {p95:.1f} ms (wanted: {limit_ms:g})")

    ranges = dict.fromkeys(names, (2, 6))
    report(
        "filter by two parameters and stars", 50, lambda: drawings(stars=(4, None), **ranges)[:60]
    )
    report("filter by two parameters", 500, lambda: drawings(**ranges)[:60], 10)
    report("filter by stars and text", 500, lambda: drawings(stars=(4, None), text="flow")[:60], 10)
    sketch = SKETCHES["flow_field"]
    report("a hit", 5, lambda: standing(recipe_of(sketch, 60, 60, seed=0)))
    report("a miss", 5, lambda: standing(recipe_of(sketch, 60, 60, seed=1)))
    recipe = recipe_of(sketch, 60, 60, seed=0)
    svg = draw_recipe(recipe)
    path = standing(recipe).path
    report("writing a row", 10, lambda: record(path, provenance_of(path)))
    report(
        "writing a row, figures and thumbnail included",
        10,
        lambda: record(path, provenance_of(path), document=svg.document(), took_s=1.0),
    )
    large = recipe_of(sketch, 297, 420, seed=0)
    svg_a3 = draw_recipe(large)
    report(
        f"the same, {sum(len(lines.points) for _, lines in svg_a3.layers())} points on A3",
        10,
        lambda: record(path, provenance_of(path), document=svg_a3.document(), took_s=1.0),
    )
    report("opening the gallery", 1000, lambda: history().close(), 5)
    gallery = history()
    report("turning a page of the gallery", 100, lambda: gallery.turn(1), 20)
    gallery.close()


def main():
    """Measure in a home of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--drawings", type=int, default=100_000)
    count = parser.parse_args().drawings
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DRAWSCAPE_HOME"] = folder
        (Path(folder) / ".drawscape").mkdir()
        fill(Path(folder), count)
        measure(count)


if __name__ == "__main__":
    main()
