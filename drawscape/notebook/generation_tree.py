"""The generations of an evolution as a tree of buttons: what was bred from which, where the stars are."""

from collections.abc import Sequence


def tree_html(parents: Sequence[int | None], stars: Sequence[int], shown: int) -> str:
    """Return the tree as nested lists; each button carries the number of its generation, from 0 on.

    `parents` has what each generation was bred from, `stars` how many of its drawings have any.
    """
    roots = [number for number, parent in enumerate(parents) if parent is None]
    return f'<nav aria-label="generations">{_branches(roots, parents, stars, shown)}</nav>'


def _branches(
    numbers: Sequence[int], parents: Sequence[int | None], stars: Sequence[int], shown: int
) -> str:
    items = []
    for number in numbers:
        children = [n for n, parent in enumerate(parents) if parent == number]
        current = ' aria-current="true"' if number == shown else ""
        count = f" {stars[number]} ★" if stars[number] else ""
        items.append(
            f'<li><button data-job="{number}" data-act="show"{current} '
            f'title="Go back to generation {number + 1}">{number + 1}{count}</button>'
            f"{_branches(children, parents, stars, shown)}</li>"
        )
    return f"<ul>{''.join(items)}</ul>" if items else ""
