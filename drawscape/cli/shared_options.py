"""Options that several commands have, each described once."""

from functools import partial

import click

option = partial(click.option, show_default=True)

SLOTS = click.option(
    "-w",
    "--slots",
    type=click.IntRange(1, 256),
    metavar="NUMBER",
    help="Run this many jobs at once; by default one for each core, and one that sheets leave free.",
)

SEED = option(
    "--seed",
    default=0,
    metavar="NUMBER",
    help="Draw another picture with another seed, the same with the same.",
)

GRACE = option(
    "--grace",
    default="0",
    metavar="TIME",
    help="Ask running tasks to end, and kill them after this time: 5, 90s, 2m.",
)
