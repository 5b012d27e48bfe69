"""The ledger of editions: their numbers, and the sheets of each with their verdicts.

It is a separate file beside the catalogue: verdicts are in no drawing, so it cannot be rebuilt from files.
Each commit is on the disk before anybody sees it. A sheet is written here before its plot is made, with the
plot's id, so that a later call can continue after a kill. One unique index allows each number one sheet
that is not spoiled. So no order of kills and clicks gives two good ones.
"""

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from drawscape import settings
from drawscape.catalogue.database import full_path
from drawscape.editions.marks import Terms
from drawscape.errors import EditionError, PlotNotFoundError, UnknownNameError
from drawscape.machine.plot import Plot, new_id, plots_folder
from drawscape.recipe import Provenance

VERSION = 2  # in 1, which no release wrote, a sheet had one verdict

TABLES = """
create table edition (
    id integer primary key,
    name text not null unique,
    terms text not null,        -- JSON: title, year, how it is marked, how many proofs
    orders text not null,       -- JSON: machines that draw it now, and the answers that their plots get
    closed_at real              -- seconds since 1970
);
create table number (
    id integer primary key,
    edition integer not null references edition,
    kind text not null,         -- '' or, of a proof, 'A.P.' or 'P.P.'
    number integer not null,
    request text not null,      -- JSON, the recipe and the digest of what it drew
    file text not null,         -- the drawing, from the home on
    pens integer not null
);
create index number_edition on number (edition, kind, number);
create table sheet (
    id integer primary key,
    number integer not null references number,
    parts integer not null,     -- plots that it needs: one for each pen or side
    verdict text                -- the last one: 'good', 'spoiled', or null before it is given
);
create table verdict (
    sheet integer not null references sheet,
    verdict text not null,
    judged_at real not null     -- all that were given are kept
);
create index verdict_sheet on verdict (sheet);
create unique index sheet_that_counts on sheet (number) where verdict is null or verdict = 'good';
create index sheet_number on sheet (number);
create table plot (
    id text primary key,
    sheet integer not null references sheet,
    part integer,               -- from 0; null for a plot that heals one of the others
    machine text not null,
    unique (sheet, part)
);
"""

EDITION = """
select *, (select count(*) from number where edition = edition.id and kind = '')
from edition where name = ?
"""
NUMBERS = "select id, number, kind, request, file, pens from number where edition = ? order by kind, number"
SHEETS = "select id, parts, verdict from sheet where number = ? order by id"
VERDICTS = "select verdict, judged_at from verdict where sheet = ? order by rowid"
PLOTS = "select id, part, machine from plot where sheet = ? order by part is null, part, id"
CLAIM = """
select plot.id, part, machine, parts, number from plot join sheet on sheet.id = sheet where plot.id = ?
"""
JUDGE = "update sheet set verdict = ? where id = ?"
ADD_NUMBER = """
insert into number (edition, kind, number, request, file, pens) values (?, '', ?, ?, ?, ?)
"""
ADD_PROOF = """
insert into number (edition, kind, number, request, file, pens)
    select edition, ?, ?, request, file, pens from number where id = ?
"""
ADD_HEALING = "insert or ignore into plot select ?, sheet, null, machine from plot where id = ?"
SHEET_OF_PLOT = """
select edition.name, sheet.verdict from plot
join sheet on sheet.id = plot.sheet join number on number.id = sheet.number
join edition on edition.id = number.edition where plot.id = ?
"""

_STATES = {
    "ready": "queued",
    "paused": "waiting",
    "damaged": "interrupted",
    "done": "plotted",
    "abandoned": "spoiled",
}
"""The state of a sheet by its plot's state, if the words differ."""

Verdict = Literal["good", "spoiled"]
ProofKind = Literal["A.P.", "P.P."]
FrozenRow = tuple[str, str, int]
"""The provenance as JSON, the drawing's path in the home, and the number of its pens."""

_LONGEST_NAME = 50
_BUSY_S = 30.0


def _path() -> Path:
    return settings.state_folder() / "editions.db"


@contextmanager
def _writing() -> Iterator[sqlite3.Connection]:
    """Yield the ledger in a transaction, with its tables; it is on the disk when the block succeeds."""
    with closing(sqlite3.connect(_path(), timeout=_BUSY_S, isolation_level=None)) as db:
        db.execute("pragma journal_mode = wal")
        db.execute("pragma synchronous = full")
        with db:
            db.execute("begin immediate")
            (version,) = db.execute("pragma user_version").fetchone()
            if version == 0:
                for statement in TABLES.split(";\n"):
                    db.execute(statement)
                db.execute(f"pragma user_version = {VERSION}")
            elif version != VERSION:
                raise EditionError(
                    f"{_path()} is of another version of Drawscape; use that one, or put the file aside"
                )
            yield db


@dataclass(frozen=True)
class Claim:
    """The next plot of a machine: the `part`, from 0, of the `parts` of a sheet of a number's row."""

    plot: str
    part: int
    machine: str
    parts: int
    number: int


@dataclass(frozen=True)
class Sheet:
    """A sheet of paper of one number; `plots` are (id, part, machine), healing plots last.

    `verdicts` are all that were given: what, and when in seconds since 1970. The last one holds.
    """

    id: int
    parts: int
    verdict: str | None
    verdicts: tuple[tuple[str, float], ...]
    plots: tuple[tuple[str, int | None, str], ...]

    @property
    def state(self) -> str:
        """Its verdict, or before that the progress of its plots."""
        return self.verdict or self.progress

    @cached_property
    def progress(self) -> str:
        """The progress of its plots: queued, plotting, waiting, interrupted, plotted or spoiled."""
        states = [plot_state(plot) for plot, _, _ in self.plots]
        unfinished = [state for state in states if state != "plotted"]
        return (unfinished or ["queued" if self.drawn < self.parts else "plotted"])[0]

    @property
    def drawn(self) -> int:
        """How many of its parts have a plot."""
        return sum(part is not None for _, part, _ in self.plots)


@dataclass(frozen=True)
class Number:
    """A number of an edition, or a proof, with its frozen recipe as JSON and its sheets."""

    id: int
    number: int
    kind: str
    recipe: str
    path: str
    pens: int
    sheets: tuple[Sheet, ...]

    @cached_property
    def state(self) -> str:
        """The state of its newest sheet, `ready` before the first."""
        return self.sheets[-1].state if self.sheets else "ready"

    @property
    def provenance(self) -> Provenance:
        """Its recipe."""
        return Provenance.of(json.loads(self.recipe))

    @property
    def file(self) -> Path:
        """The path of its drawing, which may be gone."""
        return full_path(self.path)

    def as_dict(self) -> dict[str, Any]:
        """Return what `drawscape editions show --json` prints of it."""
        newest = self.sheets[-1].plots[-1] if self.sheets else (None, None, None)
        return {
            "number": self.number,
            "state": self.state,
            "plot": newest[0],
            "machine": newest[2],
            "request": json.loads(self.recipe),
            "sheets": [
                {
                    "plot": one.plots[-1][0],
                    "state": one.state,
                    "verdicts": [verdict for verdict, _ in one.verdicts],
                }
                for one in self.sheets
            ],
        }


def plot_state(plot: str) -> str:
    """Return the state of a plot in the words of sheets; `queued` if it is not made yet."""
    with suppress(PlotNotFoundError):
        found = Plot(plots_folder() / plot)
        if found.record.plan:
            state = found.state.state
            return _STATES.get(state, state)
    return "queued"


@dataclass(frozen=True)
class Edition:
    """An ordered list of recipes, each with a number, on its way to paper.

    `orders` are its `machines`, whether it is drawn `by_pen`, and the answers `yes` and `zero_here`.
    """

    id: int
    name: str
    terms: Terms
    orders: dict[str, Any]
    closed_at: float | None
    size: int

    @classmethod
    def create(cls, name: str, frozen: Sequence[FrozenRow], terms: Terms) -> "Edition":
        """Save recipes as numbers 1 to n, and return the edition.

        Raises EditionError for a name that is taken or unusable.
        """
        if name != settings.safe_name(name) or len(name) > _LONGEST_NAME:
            raise EditionError(
                f"edition name {name!r}: use 1 to {_LONGEST_NAME} letters, digits, _ and -"
            )
        with _writing() as db:
            if db.execute("select 1 from edition where name = ?", (name,)).fetchone():
                raise EditionError(f"there is an edition {name!r} already; choose another name")
            values = (name, json.dumps(asdict(terms)))
            added = db.execute("insert into edition values (null, ?, ?, '{}', null)", values)
            rows = [(added.lastrowid, number, *row) for number, row in enumerate(frozen, 1)]
            db.executemany(ADD_NUMBER, rows)
        return find_edition(name)

    def rows(self, db: sqlite3.Connection | None = None) -> list[Number]:
        """Return numbers and proofs, with their sheets as they are now."""
        if db is None:
            with _writing() as db:
                return self.rows(db)
        return [
            Number(*(*row, _sheets(db, row[0])))
            for row in db.execute(NUMBERS, (self.id,)).fetchall()
        ]

    @property
    def numbers(self) -> list[Number]:
        """Its numbers from 1, with their sheets as they are now."""
        return [one for one in self.rows() if not one.kind]

    @property
    def words(self) -> str:
        """How many numbers are in each state: '12 good, 18 ready'."""
        counts = Counter(one.state for one in self.numbers)
        return ", ".join(f"{count} {state}" for state, count in counts.items())

    def number(self, number: int, db: sqlite3.Connection | None = None) -> Number:
        """Return one number. Raises EditionError when it is not there."""
        own = [one for one in self.rows(db) if not one.kind]
        if not 1 <= number <= len(own):
            raise EditionError(
                f"edition {self.name!r} has no number {number}; give 1 to {len(own)}"
            )
        return own[number - 1]

    def feed(self, machines: Sequence[str], **orders: bool) -> None:
        """Set which machines draw it from now on, and how; others no longer get its numbers.

        `orders` are `yes`, `zero_here` and `by_pen` (new sheets are drawn with one pen at a time). Spoiled
        sheets are plotted again; those that are spoiled later wait for the next call. Raises EditionError
        when the edition is closed.
        """
        with self._changing() as db:
            again = []
            for number in self.rows(db):
                if number.state == "spoiled":
                    newest = number.sheets[-1]
                    if newest.verdict is None:  # its plot was given up, which counts as a verdict
                        _give_verdict(db, newest, "spoiled")
                    again.append(newest.id)
            text = json.dumps({"machines": [*machines], "again": again, **orders})
            db.execute("update edition set orders = ? where id = ?", (text, self.id))

    def claim(self, machine: str) -> Claim | None:
        """Return the next claim of a machine, None while it has a sheet or if nothing is left.

        That is an earlier unfinished claim, or the first number without a sheet, or the next part of a
        sheet. All sheets get their first part before any gets its second. A number whose sheet was
        spoiled is free as well, if that was before the last `feed`.
        """
        with self._changing() as db:
            rows = self.rows(db)
            for number in rows:
                for sheet in number.sheets:
                    for plot, part, where in sheet.plots if sheet.verdict is None else ():
                        state = plot_state(plot)
                        if where == machine and state not in ("plotted", "spoiled"):
                            is_new = state == "queued" and part is not None
                            return _claim(db, plot) if is_new else None
            free = [one for one in rows if not one.kind and self._may_begin(one)]
            if free:
                return self._begin(db, free[0].id, free[0].pens, machine)
            begun = [
                (sheet.drawn, number.number, sheet.id)
                for number in rows
                for sheet in number.sheets
                if sheet.state == "queued" and sheet.drawn < sheet.parts
            ]
            if not begun:
                return None
            part, _, sheet_id = min(begun)
            return _new_plot(db, sheet_id, part, machine)

    def _may_begin(self, number: Number) -> bool:
        """Whether a number has no sheet, or one that was spoiled before the last `feed`."""
        if not number.sheets:
            return True
        newest = number.sheets[-1]
        return newest.verdict == "spoiled" and newest.id in self.orders["again"]

    def claim_proof(self, number: int, kind: ProofKind, machine: str) -> Claim:
        """Return a new proof of a number, on a machine. Raises EditionError when there are enough."""
        terms = self.terms
        allowed = terms.artist_proofs if kind == "A.P." else terms.printer_proofs
        with self._changing() as db:
            source = self.number(number, db)
            rows = self.rows(db)
            taken = [one.number for one in rows if one.kind == kind and one.state != "spoiled"]
            free = [place for place in range(1, allowed + 1) if place not in taken]
            if not free:
                raise EditionError(f"edition {self.name!r} has its {allowed} {kind} already")
            added = db.execute(ADD_PROOF, (kind, free[0], source.id))
            return self._begin(db, added.lastrowid, source.pens, machine)

    def _begin(self, db: sqlite3.Connection, number: int | None, pens: int, machine: str) -> Claim:
        by_pen = self.orders.get("by_pen", False)
        values = (number, (pens if by_pen else 1) + (self.terms.side == "back"))
        added = db.execute("insert into sheet (number, parts) values (?, ?)", values)
        return _new_plot(db, added.lastrowid, 0, machine)

    def release(self, claim: Claim) -> None:
        """Remove a claim whose plot cannot be made."""
        with _writing() as db:
            db.execute("delete from plot where id = ?", (claim.plot,))
            db.execute("delete from sheet where id not in (select sheet from plot)")

    def judge(self, number: int, verdict: Verdict) -> None:
        """Give the newest sheet of a number a verdict, in place of any earlier one.

        Raises EditionError when the number does not exist, has no sheet that has begun, or has this verdict
        already. A sheet that waits for a machine without orders can be spoiled: it will never begin.
        """
        with self._changing() as db:
            found = self.number(number, db)
            about = f"number {number} of {self.name!r}"
            if found.state == verdict:
                raise EditionError(f"{about} is {verdict} already")
            if not found.sheets:
                raise EditionError(f"{about} has no sheet yet: plot it first")
            newest = found.sheets[-1]
            if verdict == "good" and newest.progress != "plotted":
                raise EditionError(f"{about} is {found.state}: only a plotted sheet can be good")
            plot, part, machine = newest.plots[-1]
            has_begun = part != 0 or plot_state(plot) != "queued"
            if not has_begun and machine in self.orders.get("machines", ()):
                raise EditionError(
                    f"{about} is queued: its sheet has not begun; `drawscape plots stop {plot}` gives it up"
                )
            _give_verdict(db, newest, verdict)

    def close(self) -> "Edition":
        """Close it: no more sheets are plotted or judged. Raises EditionError before all are good."""
        missing = [str(one.number) for one in self.numbers if one.state != "good"]
        if missing:
            raise EditionError(
                f"edition {self.name!r} is not complete; not good yet: {', '.join(missing)}"
            )
        with _writing() as db:
            query = "update edition set closed_at = ? where id = ? and closed_at is null"
            db.execute(query, (time.time(), self.id))
        return find_edition(self.name)

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """Yield the ledger to change it. Raises EditionError when the edition is closed."""
        with _writing() as db:
            query = "select 1 from edition where id = ? and closed_at is null"
            if not db.execute(query, (self.id,)).fetchone():
                raise EditionError(f"edition {self.name!r} is closed")
            yield db

    def as_dict(self) -> dict[str, Any]:
        """Return what `drawscape editions show --json` prints."""
        numbers = [one.as_dict() for one in self.numbers]
        return {"name": self.name, "size": len(numbers), "numbers": numbers}


def find_edition(name: str) -> Edition:
    """Return the edition of that name. Raises UnknownNameError."""
    with _writing() as db:
        row = db.execute(EDITION, (name,)).fetchone()
    if row is None:
        raise UnknownNameError("edition", name, edition_names())
    edition_id, _, terms, orders, *rest = row
    return Edition(edition_id, name, Terms(**json.loads(terms)), json.loads(orders), *rest)


def edition_names() -> list[str]:
    """Return the names of the editions of this home, the newest first."""
    with _writing() as db:
        return [name for (name,) in db.execute("select name from edition order by id desc")]


def sheet_of_plot(plot: str) -> tuple[str, str | None]:
    """Return the edition that a plot is for, '' for none, and the verdict on its sheet, if any."""
    if not _path().exists():
        return "", None
    with _writing() as db:
        found = db.execute(SHEET_OF_PLOT, (plot,)).fetchone()
    return found or ("", None)


def add_healing(old: str, new: str) -> None:
    """Note that plot `new` heals plot `old`; if that is of an edition, both belong to the same sheet."""
    if _path().exists():
        with _writing() as db:
            db.execute(ADD_HEALING, (new, old))


def _give_verdict(db: sqlite3.Connection, sheet: Sheet, verdict: Verdict) -> None:
    db.execute(JUDGE, (verdict, sheet.id))
    db.execute("insert into verdict values (?, ?, ?)", (sheet.id, verdict, time.time()))


def _sheets(db: sqlite3.Connection, number: int) -> tuple[Sheet, ...]:
    rows = db.execute(SHEETS, (number,)).fetchall()
    return tuple(
        Sheet(*(*row, tuple(db.execute(VERDICTS, row[:1])), tuple(db.execute(PLOTS, row[:1]))))
        for row in rows
    )


def _new_plot(db: sqlite3.Connection, sheet: int | None, part: int, machine: str) -> Claim:
    plot = new_id()
    db.execute("insert into plot values (?, ?, ?, ?)", (plot, sheet, part, machine))
    return _claim(db, plot)


def _claim(db: sqlite3.Connection, plot: str) -> Claim:
    return Claim(*db.execute(CLAIM, (plot,)).fetchone())
