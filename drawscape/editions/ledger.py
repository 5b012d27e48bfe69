"""The ledger of editions: their numbers, the sheets of each, and what became of them.

It is a file beside the catalogue's, not a part of it: no drawing can give a verdict back, so nothing makes
it again. Each commit is on the disk before anybody sees it. A sheet is written here before its plot is made,
with the plot's id: a later call goes on from there after a kill. One unique index allows a number one sheet
that is not spoiled. So no order of kills and clicks gives two good ones.
"""

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from drawscape import settings
from drawscape.catalogue.database import full_path, stored_path
from drawscape.editions.marks import Terms
from drawscape.errors import EditionError, PlotNotFoundError, UnknownNameError
from drawscape.machine.plot import Plot, new_id, plots_folder
from drawscape.recipe import Provenance

VERSION = 1

TABLES = """
create table edition (
    id integer primary key,
    name text not null unique,
    terms text not null,        -- JSON: title, year, pens, how it is marked and plotted
    made_at real not null,      -- seconds since 1970
    closed_at real
);
create table number (
    id integer primary key,
    edition integer not null references edition,
    kind text not null,         -- '' or, of a proof, 'A.P.' or 'P.P.'
    number integer not null,
    request text not null,      -- JSON, the recipe and the digest of what it drew
    file text not null,         -- the drawing, from the home on
    pens integer not null,
    unique (edition, kind, number)
);
create table sheet (
    id integer primary key,
    number integer not null references number,
    parts integer not null,     -- plots that it needs: one for each pen or side
    verdict text,               -- 'good', 'spoiled', or null before it is given
    judged_at real
);
create unique index sheet_that_counts on sheet (number) where verdict is null or verdict = 'good';
create table plot (
    id text primary key,
    sheet integer not null references sheet,
    part integer,               -- from 0; null for a plot that heals one of the others
    machine text not null,
    unique (sheet, part)
);
create table feeding (
    edition integer references edition, machine text, yes integer not null, zero_here integer not null,
    primary key (edition, machine)
);
"""

SHEETS = """
select number.id as number, sheet.id, sheet.parts, sheet.verdict, sheet.judged_at,
    plot.id as plot, plot.part, plot.machine
from number join sheet on sheet.number = number.id left join plot on plot.sheet = sheet.id
where number.edition = ? order by sheet.id, plot.part is null, plot.part, plot.id
"""

UNPLOTTED = """
select id from number where edition = ? and kind = ? and not exists (
    select 1 from sheet where sheet.number = number.id and (verdict is null or verdict = 'good')
) order by number limit 1
"""

SHEET_OF_PLOT = """
select edition.name, sheet.verdict from plot
join sheet on sheet.id = plot.sheet join number on number.id = sheet.number
join edition on edition.id = number.edition where plot.id = ?
"""

_STATES = {
    "ready": "queued",
    "plotting": "plotting",
    "waiting": "waiting",
    "paused": "waiting",
    "interrupted": "interrupted",
    "damaged": "interrupted",
    "done": "plotted",
    "abandoned": "spoiled",
}
"""The state of a sheet by that of its plot."""

Verdict = Literal["good", "spoiled"]
ProofKind = Literal["A.P.", "P.P."]

_LONGEST_NAME = 50
_BUSY_S = 30.0


def _path() -> Path:
    return settings.state_folder() / "editions.db"


@contextmanager
def _writing() -> Iterator[sqlite3.Connection]:
    """Yield the ledger in a transaction, its tables made; it is on the disk when the block ends well."""
    path = _path()
    with closing(sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)) as db:
        db.row_factory = sqlite3.Row
        db.execute("pragma journal_mode = wal")
        db.execute("pragma synchronous = full")
        with db:
            db.execute("begin immediate")
            version = int(db.execute("pragma user_version").fetchone()[0])
            if version > VERSION:
                raise EditionError(f"{path} is of a newer Drawscape ({version}); update this one")
            if version == 0:
                for statement in TABLES.split(";\n"):
                    db.execute(statement)
                db.execute(f"pragma user_version = {VERSION}")
            yield db


@dataclass(frozen=True)
class Frozen:
    """A recipe that becomes a number: its provenance, its drawing's file from the home on, how many pens."""

    request: dict[str, Any]
    file: str
    pens: int


@dataclass(frozen=True)
class Claim:
    """A plot that a machine is to draw: the `part`, from 0, of the `parts` of a sheet of a number's row."""

    number: int
    parts: int
    part: int
    plot: str
    machine: str


@dataclass(frozen=True)
class Sheet:
    """A sheet of paper of one number; `plots` are (id, part, machine), healing plots last.

    `state` is queued, plotting, waiting, interrupted, plotted, good or spoiled.
    """

    id: int
    parts: int
    verdict: str | None
    judged_at: float | None
    plots: tuple[tuple[str, int | None, str], ...]

    @property
    def counts(self) -> bool:
        """Whether it is good, or may become so."""
        return self.state != "spoiled"

    @cached_property
    def state(self) -> str:
        """What became of it, by its verdict, else by its plots."""
        if self.verdict:
            return self.verdict
        for plot, _, _ in self.plots:
            if (state := plot_state(plot)) != "plotted":
                return state
        planned = [plot for plot, part, _ in self.plots if part is not None]
        return "plotted" if len(planned) >= self.parts else "queued"

    @property
    def plot(self) -> str | None:
        """The id of its newest plot."""
        return self.plots[-1][0] if self.plots else None


@dataclass(frozen=True)
class Number:
    """A number of an edition, or a proof, with its frozen recipe and its sheets."""

    id: int
    number: int
    kind: str
    request: dict[str, Any]
    file: Path
    pens: int
    sheets: tuple[Sheet, ...]

    @cached_property
    def state(self) -> str:
        """The state of its newest sheet, `ready` before the first."""
        return self.sheets[-1].state if self.sheets else "ready"

    @property
    def provenance(self) -> Provenance:
        """Its recipe."""
        return Provenance.of(self.request)

    def as_dict(self) -> dict[str, Any]:
        """Return what `drawscape editions show --json` prints of it."""
        newest = self.sheets[-1] if self.sheets else None
        counted = newest is not None and newest.counts and newest.plots
        return {
            "number": self.number,
            "state": self.state,
            "plot": newest.plot if newest and counted else None,
            "machine": newest.plots[-1][2] if newest and counted else None,
            "request": self.request,
            "sheets": [{"plot": one.plot, "state": one.state} for one in self.sheets],
        }


def plot_state(plot: str) -> str:
    """Return the state of a plot in the words of sheets; `queued` for one that is not made yet."""
    with suppress(PlotNotFoundError):
        found = Plot(plots_folder() / plot)
        if found.record.plan:
            return _STATES[found.state.state]
    return "queued"


@dataclass(frozen=True)
class Edition:
    """An ordered list of recipes, each with a number, on its way to paper."""

    id: int
    name: str
    terms: Terms
    made_at: float
    closed_at: float | None

    @classmethod
    def create(cls, name: str, frozen: Sequence[Frozen], terms: Terms) -> "Edition":
        """Save recipes as numbers 1 to n, and return the edition.

        Raises EditionError for a name that is taken or cannot be used.
        """
        if name != settings.safe_name(name) or len(name) > _LONGEST_NAME:
            raise EditionError(
                f"edition name {name!r}: use 1 to {_LONGEST_NAME} letters, digits, _ and -"
            )
        with _writing() as db:
            if db.execute("select 1 from edition where name = ?", (name,)).fetchone():
                raise EditionError(f"there is an edition {name!r} already; choose another name")
            added = db.execute(
                "insert into edition (name, terms, made_at) values (?, ?, ?)",
                (name, json.dumps(asdict(terms)), time.time()),
            )
            for number, one in enumerate(frozen, 1):
                _add_number(db, added.lastrowid, "", number, one)
        return find_edition(name)

    @property
    def numbers(self) -> list[Number]:
        """Its numbers from 1, with their sheets as they are now."""
        return [one for one in self.rows() if not one.kind]

    @property
    def proofs(self) -> list[Number]:
        """Its proofs, artist's first."""
        return [one for one in self.rows() if one.kind]

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return len(self.numbers)

    def rows(self, db: sqlite3.Connection | None = None) -> list[Number]:
        """Return numbers and proofs, with their sheets as they are now."""
        if db is None:
            with _writing() as db:
                return self.rows(db)
        sheets: dict[int, dict[int, Sheet]] = {}
        for row in db.execute(SHEETS, (self.id,)):
            own = sheets.setdefault(row["number"], {})
            before = own.get(row["id"])
            plots = (*before.plots, _plot_of(row)) if before else (_plot_of(row),)
            own[row["id"]] = Sheet(row["id"], row["parts"], row["verdict"], row["judged_at"], plots)
        query = "select * from number where edition = ? order by kind, number"
        return [
            Number(
                row["id"],
                row["number"],
                row["kind"],
                json.loads(row["request"]),
                full_path(row["file"]),
                row["pens"],
                tuple(sheets.get(row["id"], {}).values()),
            )
            for row in db.execute(query, (self.id,)).fetchall()
        ]

    def number(self, number: int) -> Number:
        """Return one number. Raises EditionError when it is not there."""
        with _writing() as db:
            return self._number(db, number)

    def _number(self, db: sqlite3.Connection, number: int) -> Number:
        own = [one for one in self.rows(db) if not one.kind]
        if not 1 <= number <= len(own):
            raise EditionError(
                f"edition {self.name!r} has no number {number}; give 1 to {len(own)}"
            )
        return own[number - 1]

    def feed(self, machines: Sequence[str], *, yes: bool, zero_here: bool, by_pen: bool) -> None:
        """Note which machines draw it from now on, and how; others no longer get numbers of it.

        With `by_pen` new sheets are drawn with one pen at a time. Raises EditionError when it is closed.
        """
        with _writing() as db:
            self._check_open(db)
            db.execute("delete from feeding where edition = ?", (self.id,))
            rows = [(self.id, machine, yes, zero_here) for machine in machines]
            db.executemany("insert into feeding values (?, ?, ?, ?)", rows)
            terms = json.dumps(asdict(replace(self.terms, by_pen=by_pen)))
            db.execute("update edition set terms = ? where id = ?", (terms, self.id))

    def feeding(self, machine: str) -> dict[str, bool] | None:
        """Return the answers that its plots on a machine get, None when it does not feed that machine."""
        query = "select yes, zero_here from feeding where edition = ? and machine = ?"
        with _writing() as db:
            row = db.execute(query, (self.id, machine)).fetchone()
        return None if row is None else {name: bool(row[name]) for name in row.keys()}  # noqa: SIM118

    def claim(self, machine: str) -> Claim | None:
        """Return what a machine draws next, None when it has a sheet in hand or nothing is left.

        That is what an earlier claim left unfinished, or the first number without a sheet, or the next part
        of a sheet. All sheets have their first part before any has its second.
        """
        with _writing() as db:
            self._check_open(db)
            rows = self.rows(db)
            for number in rows:
                _spoil_abandoned(db, number)
                for sheet in number.sheets:
                    for plot, part, where in sheet.plots:
                        state = "plotted" if sheet.verdict else plot_state(plot)
                        if where == machine and state not in ("plotted", "spoiled"):
                            is_begun = state != "queued" or part is None
                            return (
                                None
                                if is_begun
                                else Claim(number.id, sheet.parts, part or 0, plot, machine)
                            )
            found = db.execute(UNPLOTTED, (self.id, "")).fetchone()
            if found is not None:
                return self._begin(db, found["id"], machine)
            return self._next_part(db, rows, machine)

    def claim_proof(self, number: int, kind: ProofKind, machine: str) -> Claim:
        """Return a new proof of a number, on a machine. Raises EditionError when there are enough."""
        allowed = {
            "A.P.": self.terms.artist_proofs,
            "P.P.": self.terms.printer_proofs,
        }[kind]
        with _writing() as db:
            self._check_open(db)
            source = self._number(db, number)
            for one in self.rows(db):
                _spoil_abandoned(db, one)
            made = [one for one in self.rows(db) if one.kind == kind]
            found = db.execute(UNPLOTTED, (self.id, kind)).fetchone()
            if found is None and len(made) >= allowed:
                raise EditionError(f"edition {self.name!r} has its {allowed} {kind} already")
            frozen = Frozen(source.request, stored_path(source.file), source.pens)
            if found is None:
                row_id = _add_number(db, self.id, kind, len(made) + 1, frozen)
            else:  # its sheet was spoiled
                row_id = found["id"]
                db.execute(
                    "update number set request = ?, file = ?, pens = ? where id = ?",
                    (json.dumps(frozen.request), frozen.file, frozen.pens, row_id),
                )
            return self._begin(db, row_id, machine)

    def _begin(self, db: sqlite3.Connection, row_id: int, machine: str) -> Claim:
        pens = db.execute("select pens from number where id = ?", (row_id,)).fetchone()["pens"]
        parts = (pens if self.terms.by_pen else 1) + (self.terms.side == "back")
        added = db.execute("insert into sheet (number, parts) values (?, ?)", (row_id, parts))
        return _new_plot(db, int(added.lastrowid or 0), 0, machine)

    def _next_part(
        self, db: sqlite3.Connection, rows: Sequence[Number], machine: str
    ) -> Claim | None:
        waiting = []
        for number in rows:
            for sheet in number.sheets:
                drawn = len([part for _, part, _ in sheet.plots if part is not None])
                if sheet.state == "queued" and drawn < sheet.parts:
                    waiting.append((drawn, number.number, sheet.id))
        if not waiting:
            return None
        part, _, sheet_id = min(waiting)
        return _new_plot(db, sheet_id, part, machine)

    def release(self, claim: Claim) -> None:
        """Remove a claim whose plot cannot be made."""
        with _writing() as db:
            sheet = db.execute("select sheet from plot where id = ?", (claim.plot,)).fetchone()
            db.execute("delete from plot where id = ?", (claim.plot,))
            if claim.part == 0:
                db.execute("delete from sheet where id = ?", (sheet["sheet"],))

    def judge(self, number: int, verdict: Verdict) -> Sheet:
        """Give the newest sheet of a number its verdict, and return it.

        Raises EditionError when the number is not there, has no such sheet, or was judged before.
        """
        with _writing() as db:
            self._check_open(db)
            found = self._number(db, number)
            sheet = found.sheets[-1] if found.sheets else None
            about = f"number {number} of {self.name!r} is {found.state}"
            if sheet is None or sheet.verdict is not None:
                raise EditionError(f"{about}: no sheet of it waits for a verdict")
            if verdict == "good" and sheet.state != "plotted":
                raise EditionError(f"{about}: only a plotted sheet can be good")
            db.execute(
                "update sheet set verdict = ?, judged_at = ? where id = ?",
                (verdict, time.time(), sheet.id),
            )
            return sheet

    def close(self) -> "Edition":
        """Close it: no sheet of it is plotted or judged any more. Raises EditionError before all are good."""
        with _writing() as db:
            rows = [one for one in self.rows(db) if not one.kind]
            missing = [str(one.number) for one in rows if one.state != "good"]
            if missing:
                raise EditionError(
                    f"edition {self.name!r} is not complete; not good yet: {', '.join(missing)}"
                )
            db.execute(
                "update edition set closed_at = ? where id = ? and closed_at is null",
                (time.time(), self.id),
            )
        return find_edition(self.name)

    def _check_open(self, db: sqlite3.Connection) -> None:
        query = "select closed_at from edition where id = ?"
        if db.execute(query, (self.id,)).fetchone()["closed_at"]:
            raise EditionError(f"edition {self.name!r} is closed")

    def as_dict(self) -> dict[str, Any]:
        """Return what `drawscape editions show --json` prints."""
        numbers = [one.as_dict() for one in self.numbers]
        return {"name": self.name, "size": len(numbers), "numbers": numbers}


def find_edition(name: str) -> Edition:
    """Return the edition of that name. Raises UnknownNameError."""
    with _writing() as db:
        row = db.execute("select * from edition where name = ?", (name,)).fetchone()
    if row is None:
        raise UnknownNameError("edition", name, edition_names())
    terms = Terms(**json.loads(row["terms"]))
    return Edition(row["id"], row["name"], terms, row["made_at"], row["closed_at"])


def edition_names() -> list[str]:
    """Return the names of the editions of this home, the newest first."""
    with _writing() as db:
        return [row["name"] for row in db.execute("select name from edition order by id desc")]


def sheet_of_plot(plot: str) -> tuple[str, str | None]:
    """Return the edition that a plot is for, '' for none, and the verdict on its sheet, if any."""
    if not _path().exists():
        return "", None
    with _writing() as db:
        row = db.execute(SHEET_OF_PLOT, (plot,)).fetchone()
    return ("", None) if row is None else (row["name"], row["verdict"])


def add_healing(old: str, new: str) -> None:
    """Note that plot `new` heals `old`: of an edition's sheet, it belongs to the same."""
    with _writing() as db:
        db.execute(
            "insert or ignore into plot select ?, sheet, null, machine from plot where id = ?",
            (new, old),
        )


def _add_number(
    db: sqlite3.Connection, edition: int | None, kind: str, number: int, frozen: Frozen
) -> int:
    added = db.execute(
        "insert into number (edition, kind, number, request, file, pens) values (?, ?, ?, ?, ?, ?)",
        (edition, kind, number, json.dumps(frozen.request), frozen.file, frozen.pens),
    )
    return int(added.lastrowid or 0)


def _plot_of(row: sqlite3.Row) -> tuple[str, int | None, str]:
    return row["plot"], row["part"], row["machine"]


def _new_plot(db: sqlite3.Connection, sheet: int, part: int, machine: str) -> Claim:
    plot = new_id()
    db.execute("insert into plot values (?, ?, ?, ?)", (plot, sheet, part, machine))
    row = db.execute("select number, parts from sheet where id = ?", (sheet,)).fetchone()
    return Claim(row["number"], row["parts"], part, plot, machine)


def _spoil_abandoned(db: sqlite3.Connection, number: Number) -> None:
    """Save the verdict on sheets whose plots a person gave up: they are spoiled."""
    for sheet in number.sheets:
        if sheet.verdict is None and sheet.state == "spoiled":
            db.execute(
                "update sheet set verdict = 'spoiled', judged_at = ? where id = ?",
                (time.time(), sheet.id),
            )
