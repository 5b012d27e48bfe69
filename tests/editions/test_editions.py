"""An edition from its drawings to the last good sheet, by commands as scripts use them."""

import csv
import json
import re
import shlex
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from support import run, wait_until

from drawscape.catalogue import find
from drawscape.editions import find_edition
from drawscape.editions.closing import certificate, facts_of
from drawscape.editions.sheets import content_of, sheet_of
from drawscape.errors import EditionError
from drawscape.machine.device import add_device
from drawscape.machine.plot import Plot, find_plot
from drawscape.tasks.drawing import draw_function_svg, generate_complex_svg
from drawscape.tasks.editions import what_is_held
from drawscape.tasks.plotting import enqueue_plot


def states(name="gravel"):
    return [one["state"] for one in shown(name)["numbers"]]


def shown(name="gravel"):
    return json.loads(run("editions", "show", name, "--json").out)


@pytest.fixture
def gravel(home, monkeypatch):
    """An edition of three, and a simulated machine."""
    monkeypatch.chdir(home)
    add_device("desk", "simulator", "1000x")
    words = ("--sketch", "harmonograph", "--seeds", "1-2,7", "--paper", "100x100")
    terms = ("--param", "swings=60", "--title", "Gravel", "--artist-proofs", "1")
    done = run("editions", "new", "gravel", *words, *terms)
    assert (done.code, done.out) == (0, "edition gravel: 3 numbers\n")
    return home


def plotted(*numbers):
    """Wait until those sheets are."""
    wait_until(lambda: all(states()[one - 1] == "plotted" for one in numbers), states)


def test_sheets_are_plotted_one_after_the_other_and_judged(gravel, worker):
    assert states() == ["ready"] * 3
    edition = find_edition("gravel")
    edition.feed(["desk"], yes=True, zero_here=True, by_pen=False)
    claim = edition.claim("desk")  # the caller is killed here
    assert edition.claim("desk") == claim
    file, document = sheet_of(edition, claim)
    Plot.create(document, "desk", drawing=str(file), plot_id=claim.plot)  # and the next one here
    first = run("editions", "plot", "gravel", "--on", "desk", "--yes", "--zero-here")
    assert first.out == f"{claim.plot} on desk\n", first
    plotted(1, 2, 3)
    none = run("editions", "plot", "gravel", "--on", "desk", "--yes")
    assert none.err == "every number has a sheet\n"
    assert what_is_held(find_edition("gravel"), {"desk"}) == []  # its plot was done at once
    for verdict in ("good", "spoiled", "good", "spoiled"):  # a stain that is seen on the next day
        assert run("editions", verdict, "gravel", "2").code == 0
        assert verdict in run("editions", verdict, "gravel", "2").err  # it is that already
    assert run("editions", "good", "gravel", "3").code == 0
    assert states() == ["plotted", "spoiled", "good"]
    again = run("editions", "plot", "gravel", "--on", "desk", "--yes", "--zero-here")
    assert len(again.out.splitlines()) == 1, again
    plotted(1, 2)
    two = shown()["numbers"][1]
    assert [one["state"] for one in two["sheets"]] == ["spoiled", "plotted"]
    assert two["sheets"][0]["verdicts"] == ["good", "spoiled", "good", "spoiled"]
    assert (two["plot"], two["machine"]) == (two["sheets"][1]["plot"], "desk")
    assert two["request"]["sketch"] == "harmonograph"
    old = two["sheets"][0]["plot"]
    assert "is spoiled" in run("plots", "resume", old, "--from-stroke", "1").err
    assert run("editions", "proof", "gravel", "2", "--on", "desk", "--yes", "--zero-here").code == 0
    wait_until(lambda: find_edition("gravel").rows()[-1].state == "plotted")
    assert "A.P. 1/1\tplotted\tdesk" in run("editions", "show", "gravel").out
    titled = f"gravel\tGravel, {find_edition('gravel').terms.year}\t"
    assert run("editions", "list").out == f"{titled}3 numbers: 2 plotted, 1 good\n"
    plot = find_plot(shown()["numbers"][0]["plot"])
    healing = plot.healing(plot.plan.stretched([(0, 1.0, 4.0)], plot.device.machine))
    enqueue_plot(healing, yes=True, zero_here=True)
    assert shown()["numbers"][0]["sheets"][0]["plot"] == healing.id  # of the same sheet
    plotted(1)
    assert run("editions", "good", "gravel", "1").code == 0
    assert len(shown()["numbers"][0]["sheets"]) == 1


def test_a_machine_that_is_gone_loses_its_sheet_to_another(gravel, worker):
    add_device("gone", "grbl", "/nowhere")
    asked = ("editions", "plot", "gravel", "--yes", "--zero-here", "--on")
    assert run(*asked, "gone").code == 0
    wait_until(lambda: states()[0] == "interrupted")
    both = run(*asked, "gone,desk")
    assert both.out.endswith(" on desk\n")
    lost = shown()["numbers"][0]["plot"]
    how = f"continue with `drawscape plots resume {lost}`"
    assert both.err == f"gone still has 1/3, interrupted; {how}\n"
    plotted(2, 3)
    assert run(*asked, "desk").err.startswith("gone still has 1/3, interrupted;")
    assert run("editions", "spoiled", "gravel", "1").code == 0
    assert run("plots", "resume", shown()["numbers"][0]["sheets"][0]["plot"]).code == 2
    old = find_plot(shown()["numbers"][0]["sheets"][0]["plot"])
    assert old.state.state == "abandoned"
    run(*asked, "desk")
    plotted(1, 2, 3)
    with closing(sqlite3.connect(gravel / ".drawscape" / "editions.db")) as ledger:
        for verdict in (None, "good"):  # however it comes about: number 1 has a sheet that counts
            with pytest.raises(sqlite3.IntegrityError):
                ledger.execute("insert into sheet values (null, 1, 1, ?)", (verdict,))


def test_a_sheet_that_was_given_up_is_spoiled_and_waits_for_the_next_plot(gravel):
    """Without a worker: nothing begins, so each state is as the commands left it."""
    feed = ("editions", "plot", "gravel", "--yes", "--zero-here", "--on")
    first = run(*feed, "desk").out.split()[0]
    not_begun = run("editions", "spoiled", "gravel", "1")  # a second click that comes too late
    assert (not_begun.code, f"plots stop {first}" in not_begun.err) == (2, True), not_begun
    assert run("plots", "stop", first).code == 0
    assert states() == ["spoiled", "ready", "ready"]
    assert "is spoiled already" in run("editions", "spoiled", "gravel", "1").err
    assert find_edition("gravel").claim("desk").number == 2  # the verdict begins no sheet by itself
    add_device("wall", "simulator", "1000x")
    again = run(*feed, "wall").out
    assert again.endswith(" on wall\n"), again
    assert states() == ["queued", "queued", "ready"]
    assert [one["state"] for one in shown()["numbers"][0]["sheets"]] == ["spoiled", "queued"]
    assert shown()["numbers"][0]["sheets"][0]["verdicts"] == ["spoiled"]
    # Number 2 waits for a machine that gets no more numbers: it is lost with it.
    assert run("editions", "spoiled", "gravel", "2").code == 0
    assert states() == ["queued", "spoiled", "ready"]


def test_pens_are_drawn_one_after_the_other_on_all_sheets(home, worker):
    add_device("desk", "simulator", "1000x")
    words = ("--sketch", "schotter", "--seeds", "3-4", "--paper", "100x100", "--side", "back")
    run("editions", "new", "gravel", *words, "--param", "columns=4", "--param", "accent=0.5")
    run("editions", "plot", "gravel", "--by-pen", "--yes", "--zero-here")
    plotted(1, 2)
    plots = [plot for one in find_edition("gravel").numbers for plot, *_ in one.sheets[0].plots]
    drawn = [find_plot(plot) for plot in sorted(plots)]
    pens = [[section.pen for section in plot.plan.sections] for plot in drawn]
    assert pens == [[1], [1], [2], [2], [1], [1]]
    titles = [plot.title.split()[1] for plot in drawn[::2]]
    assert titles == [f"gravel-01{part}.svg" for part in ("", "-part-2", "-part-3")]


BAD = [
    # What is typed; what the answer says.
    ("editions new gravel --sketch rose --seeds 1", "there is an edition 'gravel' already"),
    ("editions show nothing", "unknown edition 'nothing'; known: gravel"),
    ("editions good gravel 4", "edition 'gravel' has no number 4; give 1 to 3"),
    ("editions good gravel 3", "number 3 of 'gravel' has no sheet yet: plot it first"),
    ("editions spoiled gravel 2", "number 2 of 'gravel' is spoiled already"),
    ("editions good gravel 1", "number 1 of 'gravel' is queued: only a plotted sheet"),
    ("editions plot gravel --on nowhere", "'nowhere' (add it with `drawscape machine add`)"),
    ("editions plot gravel --on desk,nowhere", "'nowhere'"),
    ("editions proof gravel 1 --on desk --printer", "has its 0 P.P. already"),
]


def test_bad_input_is_answered_by_a_sentence(gravel):
    edition = find_edition("gravel")
    for machine in ("wall", "other"):
        edition.claim(machine)
    edition.judge(2, "spoiled")
    for typed, said in BAD:
        done = run(*shlex.split(typed))
        assert (done.code, said in done.err) == (2, True), (typed, done)
        assert len(done.err.strip().splitlines()) <= 2, done.err


def test_a_complete_edition_is_closed_and_its_files_prove_their_origin(gravel, worker):
    run("editions", "plot", "gravel", "--yes", "--zero-here")
    plotted(1, 2, 3)
    assert "not good yet: 1, 2, 3" in run("editions", "close", "gravel").err
    for number in "123":
        assert run("editions", "good", "gravel", number).code == 0
    find(shown()["numbers"][2]["request"]["recipe"]).delete()  # it is drawn again
    index = Path(run("editions", "close", "gravel", "closed").out.strip())
    assert "3/3" in index.read_text()
    folder = gravel / "closed"
    ledger = json.loads((folder / "ledger.json").read_text())
    assert ledger["numbers"] == shown()["numbers"]
    rows = list(csv.DictReader((folder / "ledger.csv").open()))
    assert [(row["number"], row["machine"]) for row in rows] == [(f"{n}/3", "desk") for n in "123"]
    plots = [find_plot(one["plot"]) for one in ledger["numbers"]]
    metres = [sum(plot.plan.metres_of(plot.state.drawn).values()) for plot in plots]
    assert [row["ink"] for row in rows] == [f"{one:.2f} m" for one in metres]
    certificate = folder / "certificates" / "gravel-02.svg"
    assert certificate.with_suffix(".pdf").read_bytes().startswith(b"%PDF")
    sheet = Path(plots[1].record.drawing)
    drawing = find(ledger["numbers"][1]["request"]["recipe"]).path
    for file in (certificate, sheet, drawing):
        said = run("editions", "check", str(file)).out
        assert said == f"{file} is made of gravel 2/3; drawn again, its lines are the same\n"
    assert checks_of_edited(sheet, certificate) == [0, 0, *[2] * 5]
    assert "is closed" in run("editions", "plot", "gravel", "--on", "desk").err
    assert "pdf is not an SVG" in run("editions", "check", str(certificate.with_suffix(".pdf"))).err
    other = generate_complex_svg(60, 60, "rose")
    assert "is of no edition" in run("editions", "check", other).err


METADATA = re.compile(r"<metadata.*</metadata>\n", re.DOTALL)


def checks_of_edited(sheet, certificate):
    """Return the exit codes for files that other programs made of those of number 2."""
    text, third = sheet.read_text(), Path(str(sheet).replace("-02", "-03")).read_text()
    first_place = re.search(r'points="([\d.]+)', text)
    edited = [
        text.replace("<metadata ", "<metadata\n  ").replace(" />", "\n/>"),  # written again
        METADATA.sub("", text),
        text.replace(first_place[0], f'points="{float(first_place[1]) + 1}', 1),
        text.replace("</svg>", '<path d="M5 5h3" stroke="black" fill="none"/></svg>'),
        re.sub('stroke="[^"]+"', 'stroke="red"', text),
        METADATA.sub(lambda _: METADATA.search(text)[0], third),  # with another number's lines
        certificate.read_text().replace("</svg>", '<path d="M5 5h3" stroke="black"/></svg>'),
    ]
    codes = []
    for content in edited:
        sheet.with_name("edited.svg").write_text(content)
        done = run("editions", "check", str(sheet.with_name("edited.svg")))
        told = done.err if done.code else done.out
        assert "gravel 2/3" in told, done
        assert ("was edited, or is another" in told) == bool(done.code), done
        codes.append(done.code)
    return codes


def test_a_number_is_drawn_again_from_its_recipe_or_says_why_not(gravel):
    edition = find_edition("gravel")
    number = edition.number(1)
    before = number.file.read_bytes()
    number.file.unlink()
    assert content_of(number) == before
    (gravel / "sketches").mkdir()
    source = """def lines(svg, rng, *, wide: float | None = None):
    svg.paper_color = "#101014"
    svg.line(20, 20, 80, 80 + rng.random())
"""
    (gravel / "sketches" / "lines.py").write_text(source)
    run("editions", "new", "other", "--sketch", "lines", "--seeds", "1", "--paper", "100x100")
    (gravel / "sketches" / "lines.py").write_text(source.replace("20, 20", "20, 30"))
    (number,) = find_edition("other").numbers
    assert content_of(number) == number.file.read_bytes()
    other = find_edition("other")
    facts = facts_of(other, number)
    assert (facts["settings"], facts["ink"], facts["time"]) == ("", "", "")  # not plotted
    page = certificate(other, number, facts)
    assert (page.paper_color, page.layers[-1].color) == ("#101014", "white")
    number.file.unlink()
    with pytest.raises(EditionError, match="drawn differently now, because of: the sketch's"):
        content_of(number)


def stripe(svg, rng):
    svg.line(20, 20, 80, 80 + rng.random())


def test_a_copy_of_a_deleted_drawing_from_a_notebook_is_checked_with_trust(gravel):
    file, copy = Path(draw_function_svg(stripe, 100, 100)), gravel / "copy.svg"
    run("editions", "new", "own", "--drawings", str(file))
    for content in (file.read_bytes(), METADATA.sub("", file.read_text()).encode()):
        copy.write_bytes(content)
        file.unlink(missing_ok=True)
        assert "comes from a notebook" in run("editions", "check", str(copy)).err
        assert "is made of own 1/1" in run("editions", "check", str(copy), "--trust").out
