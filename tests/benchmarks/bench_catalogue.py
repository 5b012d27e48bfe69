"""The catalogue with 100,000 drawings: searches, the gallery, writing a row, bytes a row.

python tests/benchmarks/bench_catalogue.py [--drawings 100000]
"""

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from pathlib import Path


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
    others = range(2, count + 1)
    with writing() as opened:
        for number in others:
            values = {**parameters, **{name: round(dice.uniform(0, 10), 3) for name in numbers}}
            one = {**row, "id": number, "seed": number, "parameters": json.dumps(values)}
            one |= {name: f"{dice.getrandbits(96):024x}" for name in ("recipe", "request")}
            one["path"] = f"output/many/flow_field-{number}-{dice.getrandbits(32):08x}.svg"
            one["digest"] = f"{dice.getrandbits(128):032x}"
            one["drawn_at"] -= dice.uniform(0, 1e7)
            one["ink_mm"] = dice.uniform(1e3, 1e5)
            names, holes = ", ".join(one), ", ".join("?" * len(one))
            opened.execute(f"insert into drawing ({names}) values ({holes})", (*one.values(),))
            if number % 20 == 0:
                mark = (one["recipe"], dice.randint(1, 5), "", "", time.time())
                opened.execute("insert into mark values (?, ?, ?, ?, ?)", mark)
    with reading() as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    size = os.path.getsize(home / ".drawscape" / "catalogue.db")
    print(f"{size / count / 1000:.2f} kB a row without thumbnail")
    with writing() as opened:
        thumbnails = ((number, picture) for number in others)
        opened.executemany("insert or ignore into thumbnail values (?, ?)", thumbnails)


def measure():
    """Print one line a figure, with what it may be."""
    from drawscape.catalogue import drawings, standing
    from drawscape.catalogue.index import provenance_of, record
    from drawscape.notebook import history
    from drawscape.recipe import draw_recipe, recipe_of
    from drawscape.sketches import SKETCHES

    sketch = SKETCHES["flow_field"]
    recipe = recipe_of(sketch, 60, 60, seed=0)
    path, gallery = standing(recipe).path, history()
    made = [draw_recipe(one).document() for one in (recipe, recipe_of(sketch, 297, 420, seed=0))]
    ranges = {parameter.name: (2, 6) for parameter in sketch.parameters[:2]}
    stars = {"stars": (4, None)}

    def write(**more):
        return lambda: record(path, provenance_of(path), **more)

    # What, the ms that are wanted, how often, and the call.
    for what, limit_ms, rounds, act in (
        ("by two parameters and stars", 50, 40, lambda: drawings(**stars, **ranges)[:60]),
        ("by two parameters", 500, 10, lambda: drawings(**ranges)[:60]),
        ("by stars and text", 500, 10, lambda: drawings(**stars, text="flow")[:60]),
        ("a hit", 5, 40, lambda: standing(recipe_of(sketch, 60, 60, seed=0))),
        ("a miss", 5, 40, lambda: standing(recipe_of(sketch, 60, 60, seed=1))),
        ("writing a row", 10, 40, write()),
        ("writing figures and thumbnail too", 10, 40, write(document=made[0], took_s=1.0)),
        ("the same of an A3", 10, 40, write(document=made[1], took_s=1.0)),
        ("opening the gallery", 1000, 5, lambda: history().close()),
        ("turning a page of the gallery", 100, 20, lambda: gallery.turn(1)),
    ):
        times = []
        for _ in range(rounds):
            began = time.perf_counter()
            act()
            times.append((time.perf_counter() - began) * 1000)
        p95 = statistics.quantiles(times, n=20)[18]
        median = statistics.median(times)
        print(f"{what}: median {median:.1f} ms, p95 {p95:.1f} ms (wanted: {limit_ms})")
    gallery.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--drawings", type=int, default=100_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:  # a home of its own
        os.environ["DRAWSCAPE_HOME"] = folder
        (Path(folder) / ".drawscape").mkdir()
        fill(Path(folder), chosen.drawings)
        measure()
