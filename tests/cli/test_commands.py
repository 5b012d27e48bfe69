"""All commands together: one voice in their help, and an answer to every wrong option."""

import gzip
import os
import re
import shlex
from collections import defaultdict

import click
import pytest
from support import commands, run

from drawscape.cli.root import root
from drawscape.machine.device import add_device
from drawscape.machine.plot import list_plots

VERBS = """
    Add Answer Call Cancel Change Check Continue Create Delete Draw Find Follow Give List Make Move
    Name Pause Plot Prepare Print Queue Read Rebuild Remove Resume Run Send Set Show Start Stop
    Switch Tell Wait Write
""".split()  # noqa: SIM905 - as a list it takes fifty lines
"""What the help of a command begins with. A new one is welcome, if no old one does."""

DIFFERS = {
    "--add", "--drying", "--grace", "--keep", "--landscape", "--limit", "--margin", "--on", "--output",
    "--pen", "--photo", "--port", "--profile", "--scale", "--sheet", "--task", "--text", "--title", "--to",
    "--wait", "--width", "--yes",
}  # fmt: skip
"""Options that are not the same in all commands that have them."""


COMMANDS = dict(commands(root))
OPTIONS = [
    (name, option)
    for name, command in COMMANDS.items()
    for option in command.params
    if isinstance(option, click.Option) and not option.hidden
]


def test_a_command_has_a_line_that_says_what_to_do():
    for name, command in COMMANDS.items():
        summary, _, rest = (command.help or "").partition("\n")
        assert summary.split(" ")[0].strip(",") in VERBS, (name, summary)
        assert summary.endswith("."), (name, summary)
        assert not rest or rest.startswith("\n"), (name, "one line, then an empty one")


def test_an_option_has_a_sentence_its_unit_and_its_default():
    for name, option in OPTIONS:
        text = (option.help or "").partition("  [default: ")[0]
        assert text[:1].isupper(), (name, text)
        assert text.endswith((".", "...")), (name, text)
        if not option.is_flag and not isinstance(option.type, click.Choice):
            assert option.metavar, (name, option.opts, "MM, TIME, NUMBER, FILE ...")
        assert not option.show_default or option.default != (), (name, option.opts)
        if isinstance(option.default, (str, int, float)) and not option.is_flag:
            assert option.show_default, (name, option.opts)


def test_the_same_option_has_the_same_words_in_every_command():
    said = defaultdict(set)
    for _, option in OPTIONS:
        said[option.opts[-1]].add(option.help or "")
    assert {name for name, texts in said.items() if len(texts) > 1} <= DIFFERS


def test_no_line_of_a_list_of_commands_is_cut_off(monkeypatch):
    for group in ("", *(n for n, c in COMMANDS.items() if isinstance(c, click.Group))):
        listed = run(*group.split(), "--help").out.partition("Commands:\n")[2]
        assert listed
        assert "..." not in listed.replace("[JOB...]", ""), group


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to work in, with a home, a drawing and a file that is none."""
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    line = '<path d="M2 2 L18 8" fill="none" stroke="black"/>'
    for name, lines in (("a", line), ("two", line + line.replace("black", "red"))):
        (tmp_path / f"{name}.svg").write_text(
            '<svg xmlns="http://www.w3.org/2000/svg" width="20mm" height="10mm" '
            f'viewBox="0 0 20 10">{lines}</svg>'
        )
    (tmp_path / "letter.svg").write_text("no drawing at all")
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n")
    (tmp_path / "empty.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (tmp_path / "packed.svg").write_bytes(gzip.compress((tmp_path / "a.svg").read_bytes()))
    (tmp_path / "two words.py").write_text("def f(svg): svg.line(0, 0, 9, 9)")
    return tmp_path


TASK = "workers.svg_tasks.generate_complex_svg"
TAKE_NOTHING = (
    *("doctor", "drawings rebuild", "jobs workers", "machine list", "plots list"),
    *("pens list", "queue check", "queue status"),
)
NAME_A_FILE = ("draw spiral -o", "plot a.svg -o", "redraw a.svg -o", "plot", "redraw")
NAME_A_FOLDER = ("drawings publish", "drawings export x -o", "new", "doctor --home", "draw --home")
NEW = "editions new x --sketch rose --seeds 1"
SEARCH_FOR_TEXT = ("jobs show", "drawings show", "drawings list --tag", "drawings list --text")
BAD = [
    # What is typed; what the answer names.
    *((f"{name} x", "unexpected extra argument (x)") for name in TAKE_NOTHING),
    *((f"jobs {verb} nobody", "'nobody'") for verb in ("cancel", "delete", "logs", "requeue")),
    ("plots answer nothing --pen 1=blue", "nothing"),
    ("plots heal nothing --photo a.svg", "nothing"),
    ("plots heal nothing --photo a.svg --corners 1,2", "corners"),
    *((f"plots {verb} nothing", "nothing") for verb in ("answer", "frame", "pause", "show", "stop")),
    *((f"machine {verb} desk", "desk") for verb in ("check", "home", "release", "zero")),
    *((f"drawings {verb} ffff0000", "ffff0000") for verb in ("export", "show")),
    ("redraw ffff0000", "ffff0000"),
    *((f"{line} ''", "'' is not a file name") for line in NAME_A_FILE),
    *((f"{line} pens/", "'pens/' is not a file name") for line in NAME_A_FILE),
    *((f"{line} ''", "'' is not a folder name") for line in NAME_A_FOLDER),
    ("new -", "'-' is not a folder name"),
    *((f"{line} \udcff", "is not valid UTF-8 text") for line in SEARCH_FOR_TEXT),
    ("draw -- -1", "unknown pattern '-1'"),
    ("plot a.svg -o /", "'/' is not a file name"),
    ("plot a.svg --copies 3", "name a machine with --on"),
    ("plot a.svg --on desk -o b.svg", "--on plots and writes no file"),
    ("plot a.svg --on desk --split-layers", "--on plots and writes no file"),
    ("fly", "No such command 'fly'"),
    ("drow", "Did you mean one of: 'draw', 'redraw'?"),
    ("jobs canel", "cancel"),
    ("doctor --home", "Option '--home' requires an argument"),
    ("jobs --home a.svg", "DRAWSCAPE_HOME='a.svg' is not a folder"),
    ("draw spirl", "did you mean 'spiral'"),
    ("draw none.py", "file none.py does not exist"),
    ("draw 'two words.py'", "rename two words.py"),
    ("draw mesh_hatching --width 300 --height 0.1 --margin 0.01 -o none/x.svg", "cannot write none/x"),
    ("draw spiral --paper a44", "unknown paper 'a44'; did you mean 'a4'"),
    ("draw spiral --margin 900", "margin"),
    ("draw spiral --param x", "write NAME=VALUE"),
    ("draw spiral --param turns=many", "turns='many': must be a whole number"),
    ("draw spiral --param turn=9", "unknown parameter 'turn'; did you mean 'turns'"),
    ("draw spiral --turns 9000", "turns='9000': must be at least 3 and at most 120"),
    ("draw spiral --turn 9", "Did you mean '--turns'"),
    ("draw spiral rose", "unexpected extra argument"),
    ("draw spiral -o x.doc", "x.doc"),
    ("draw spiral -o none/x.svg", "cannot write none/x.svg"),
    ("draw spiral --machine fax", "fax"),
    ("drawings delete ffff0000 --yes", "ffff0000"),
    ("drawings export ffff0000 -o a.svg", "is a file"),
    ("drawings list rose", "unexpected extra argument (rose)"),
    ("drawings prune --older soon", "soon"),
    ("drawings publish a.svg ffff0000", "is a file"),
    ("editions new 'a b' --sketch rose --seeds 1", "edition name 'a b': use 1 to 50 letters"),
    ("editions new x --sketch rosee --seeds 1", "unknown pattern 'rosee'"),
    ("editions new x --sketch rose", "give --drawings, or --seeds"),
    ("editions new x --sketch rose --seeds 3-", "'3-': write 1-30"),
    ("editions new x --sketch rose --seeds 1-²", "'1-²': write 1-30"),
    ("editions new x --sketch rose --seeds 1-999999999", "give at most 10000 seeds"),
    ("editions new x --drawings a.svg", "a.svg does not say how it was made"),
    ("editions new x --like a.svg --seeds 1", "a.svg: the file does not say how it was drawn"),
    (f"{NEW} --paper 3x", "unknown paper '3x'"),
    (f"{NEW} --param petals=many", "petals='many'"),
    (f"{NEW} --param margin=0", "no room in the margin"),
    (f"{NEW} --title {'x' * 500}", "shorten the title of 500 characters"),
    ("editions new x --sketch rose --seeds 30-1", "'30-1': write 1-30"),
    (f"{NEW} --signature a.png", "the signature is not a drawing"),
    (f"{NEW} --signature letter.svg", "the signature is not a drawing"),
    (f"{NEW} --signature empty.svg", "the signature is not a drawing: it has no lines"),
    (f"{NEW} --signature packed.svg", "is not UTF-8 text: save it as plain SVG"),
    (f"{NEW} --pen red", "pen 'red' is not one of the drawing's: pen 1"),
    ("editions plot x --on y", "unknown edition 'x'"),
    ("editions proof x 1 --on y", "unknown edition 'x'"),
    ("plot a.svg --rotate nan", "'nan' is not a number"),
    ("draw spiral --height inf", "--height"),
    ("drawings delete nope", "nope"),
    (f"enqueue {TASK} wide=3", "missing a required argument: 'width'; its arguments: width, height"),
    ("drawings publish p x --tag y", "name each DRAWING, or choose with"),
    ("drawings publish p ffff0000", "ffff0000"),
    *((f"drawings {verb} --sketch rosee", "rose") for verb in ("list", "publish p")),
    *((f"drawings {verb} --stars many", "give a number") for verb in ("list", "publish p")),
    *((f"drawings {verb} --since yesterday", "yesterday") for verb in ("list", "publish p")),
    *((f"drawings publish p --{one} x", "no such drawing") for one in ("tag", "text", "sheet")),
    ("drawings star ffff0000 9", "0<=x<=5"),
    ("drawings tag ffff0000", "give --add TAG or --remove TAG"),
    ("enqueue os.system command=ls", "os.system"),
    (f"enqueue {TASK}x", "did you mean 'generate_complex_svg'"),
    ("enqueue workers.svg_taks.generate_complex_svg", f"did you mean '{TASK}'"),
    (f"enqueue {TASK} 210", "write NAME=VALUE"),
    (f"enqueue {TASK} width=1 height=1 job_timeout=soon", "job_timeout='soon'"),
    (f"enqueue {TASK} width=1 height=1 --timeout 5m", "--timeout needs --wait"),
    (f"enqueue {TASK} width=1 height=1 --wait --timeout soon", "--timeout='soon'"),
    ("jobs cancel nobody --grace soon", "--grace='soon'"),
    ("jobs requeue", "give job ids, or --failed"),
    ("jobs show nobody", "matches 'nobody'"),
    ("jobs wait nobody --timeout 1s", "'nobody'"),
    ("machine add desk --driver grbl", "give the port with --port"),
    ("machine add 'a b' --driver grbl --port x", "machine name 'a b'"),
    ("machine add desk --driver simulator --port fast", "port 'fast'"),
    ("machine add desk --driver grbl --port none --profile fax", "fax"),
    ("machine align desk --plot nothing", "nothing"),
    ("machine jog desk a 1", "'a' is not a valid float"),
    *((f"pens {verb} nothing", "'nothing' (add it with") for verb in ("edit", "read", "remove", "show")),
    ("pens read x --photo none.jpg", "'none.jpg' does not exist"),
    ("pens add 'a b'", "pen name 'a b'"),
    ("pens add x --color blau", "'blau'"),
    ("pens edit nothing --color blau", "'nothing' (add it with"),
    ("pens test nothing --on desk", "'nothing' (add it with"),
    *((f"pens {verb} x --down desk=30", "unknown machine") for verb in ("add", "edit")),
    *((f"pens {verb} x --drying soon", "'soon'") for verb in ("add", "edit")),
    ("plot a.svg --pen 1=nothing", "'nothing' (add it with"),
    ("plot a.svg --pen sky=blue", "write NUMBER=NAME"),
    ("new .", "is not empty; choose a new folder"),
    ("new a.svg", "is a file"),
    ("plot none.svg", "'none.svg' does not exist"),
    ("plot letter.svg", "letter.svg: "),
    ("plot empty.svg", "no lines"),
    ("plot a.svg -o none/b.svg", "cannot write none/b.svg"),
    ("plot two.svg --split-layers -o -", "several files"),
    ("plot a.svg --drop-shorter 1000 --to png", "nothing is left to draw"),
    ("plot a.svg --drop-shorter 1000 --tile a6 --split-layers", "nothing is left"),
    ("plot a.svg --crop 0,0,0,0 --rotate 45", "give x0 < x1"),
    ("plot a.svg -o x.doc", "x.doc"),
    ("plot a.svg --to png --to pdf -o x.png", "-o names one file"),
    *((f"plot a.svg --hatch-distance {text}", f"'{text.strip(chr(39))}'") for text in ("x", "''")),
    ("plot a.svg --crop 5,5,9", "'5,5,9' is not 4 lengths"),
    ("plot a.svg --crop 18,1,2,2", "leaves nothing"),
    ("plot a.svg --translate x,1", "'x'"),
    ("plot a.svg --translate ''", "--translate"),
    ("plot a.svg --fit a99", "a99"),
    ("plot a.svg --tile a99", "a99"),
    ("plot a.svg --tile a6 --overlap x", "'x'"),
    ("plot a.svg --fit a6 --margin 900", "margin"),
    ("plot a.svg --machine fax", "fax"),
    ("plot a.svg --to gcode --profile fax", "fax"),
    ("plot a.svg --to hpgl --device fax", "fax"),
    ("plot a.svg --on nowhere", "nowhere"),
    ("queue cancel-all --grace soon", "--grace='soon'"),
    ("queue pause a/b", "a/b"),
    ("queue resume a/b", "a/b"),
    ("redraw a.svg", "a.svg"),
    ("redraw none.svg -o x.svg", "'none.svg' does not exist"),
    ("sketches rosee", "did you mean 'rose'"),
    ("web --host 1.2.3.4 --no-worker", "cannot listen on 1.2.3.4"),
    ("worker --grace soon", "--grace='soon'"),
    ("worker --lanes a/b", "a/b"),
]  # fmt: skip
ANY_TEXT = {
    "drawings list --tag", "drawings list --text", "drawings list --sheet", "drawings tag --add",
    "drawings tag --remove", "drawings publish --title", "jobs list --task",
}  # fmt: skip
"""Options that take whatever is given."""


NUMBERS = (click.types.IntParamType, click.types.FloatParamType)


def unlike(kind):
    """Return what an option of that kind cannot take: a word, and what lies beyond its ends."""
    if not isinstance(kind, (*NUMBERS, click.Choice)):
        return []
    ends = [(getattr(kind, "min", None), -1), (getattr(kind, "max", None), 1)]
    return ["x", *(f"{end + step}" for end, step in ends if end is not None)]


def test_a_number_has_ends():
    numbers = [option for _, option in OPTIONS if isinstance(option.type, NUMBERS)]
    assert [one.opts[-1] for one in numbers if len(unlike(one.type)) < 2] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_a_value_of_the_wrong_kind_or_one_that_lacks_is_named(folder, name):
    (folder / "home").mkdir()
    command, words = COMMANDS[name], [*name.split(), *["spiral"] * (name == "draw")]
    arguments = [one for one in command.params if isinstance(one, click.Argument)]
    for option in command.params:
        if option in arguments and option.required:
            done = run(*name.split())
            assert (done.code, done.err.startswith("drawscape: Missing ")) == (2, True), done
        elif isinstance(option, click.Option):
            for value in unlike(option.type):
                done = run(*words, option.opts[0], *[value] * option.nargs)
                assert done.code == 2
                assert done.err.startswith("drawscape: "), done
                assert re.search(rf"'?{value}(\.0)?'? is not ", done.err), done


def test_a_drawing_is_not_plotted_under_a_name_that_no_journal_holds(folder):
    add_device("desk", "simulator", "20x")
    os.rename("a.svg", "\udcff.svg")
    done = run("plot", "\udcff.svg", "--on", "desk")
    assert done.code == 2
    assert done.err.endswith("\\udcff.svg' is not valid UTF-8 text\n")
    assert list_plots() == []


@pytest.mark.parametrize(("typed", "named"), BAD, ids=[typed for typed, _ in BAD])
def test_bad_input_is_named_in_one_style(folder, typed, named):
    (folder / "home").mkdir()
    before = set(os.listdir(folder))
    done = run(*shlex.split(typed))
    assert named in done.err
    assert done.err.startswith("drawscape: ")
    assert "Traceback" not in done.err
    assert done.code == (1 if named.startswith("cannot ") else 2)
    assert set(os.listdir(folder)) == before


def test_every_option_that_takes_text_has_its_bad_input():
    for name, option in OPTIONS:
        if not (option.is_flag or option.name == "home" or unlike(option.type)):
            typed = [line.split() for line in ({line for line, _ in BAD} | ANY_TEXT)]
            lines = [line for line in typed if line[: len(name.split())] == name.split()]
            assert any({*option.opts} & {*line} for line in lines), f"{name} {option.opts}"


def test_every_command_takes_a_home_and_every_list_and_show_prints_json():
    for name, command in COMMANDS.items():
        options = {option for parameter in command.params for option in parameter.opts}
        assert "--home" in options, name
        if name.split()[-1] in ("list", "show", "workers", "status", "sketches", "jobs"):
            assert "--json" in options, name


def test_the_home_is_taken_anywhere_on_the_line(folder):
    for name, line in (("x", "--home x jobs"), ("y", "jobs list --home=y"), ("z", "jobs --home z")):
        assert run(*line.split()).code == 0
        assert (folder / name / ".drawscape").is_dir()


HOSTILE = (
    "", "-", "x", "0", "-1", "1e400", "nan", "9" * 40, "1,2", "1-3", "1=blue", "=", "²", "\udcff", "\n",
    "a.svg", "/dev/null", "99999999d", "#12345g", "x" * 300, "[", "@", "1:2", "desk", "rose",
)  # fmt: skip
SERVES = {"demo", "lab", "web", "worker"}
"""Commands that go on until they are stopped."""
NAMES = {"editions": "waves", "machine": "desk", "pens": "micron"}
"""What a command of the group is about; all others, a file."""


def hostile_lines():
    """Yield each command with a hostile value for each of its arguments and options."""
    for name, command in COMMANDS.items():
        if name in SERVES or isinstance(command, click.Group):
            continue
        arguments = [one for one in command.params if isinstance(one, click.Argument)]
        usual = [NAMES.get(name.split()[0], "a.svg") for _ in arguments]
        for place in range(len(arguments)):
            for value in HOSTILE:
                yield [*name.split(), "--", *usual[:place], value, *usual[place + 1 :]]
        for option in command.params:
            if isinstance(option, click.Option) and option.name != "home":  # it stays for all lines
                for value in [()] if option.is_flag else [(value,) for value in HOSTILE]:
                    yield [*name.split(), *usual, option.opts[-1], *value]


@pytest.mark.nightly
@pytest.mark.parametrize("part", range(8))
def test_no_value_of_any_command_ends_in_a_traceback(folder, part):
    add_device("desk", "simulator", "10x")
    assert run("pens", "add", "micron").code == 0
    assert run("editions", "new", "waves", "--sketch", "rose", "--seeds", "1-3").code == 0
    lines = [*hostile_lines()]
    for line in lines[part::8]:
        done = run(*line)  # an error of Python's is raised here
        assert done.code in (0, 1, 2, 130), line
