"""README and reference keep their word: snippets run, commands exist, tables are complete."""

import inspect
import re
import runpy
import tomllib
from pathlib import Path

import click
import pytest
from support import CONTRACT, program, python, run

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "notebooks" / "pages" / "reference").glob("*.md"))]
README = "\n".join(page.read_text() for page in PAGES)
"""The README and the tables that stand on the site's reference pages."""
SNIPPETS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
MODULES = {"card_tasks": next(one for one in SNIPPETS if "# workers/card_tasks.py" in one)}


@pytest.mark.parametrize("number", [i for i, s in enumerate(SNIPPETS) if "# workers/" not in s])
def test_each_snippet_runs_as_it_stands(worked_home, number, capsys):
    exec(SNIPPETS[number], {"__name__": "__main__"})
    if "first.svg" in SNIPPETS[number]:
        assert capsys.readouterr().out.strip() == str(worked_home / "output" / "first.svg")
        assert (worked_home / "output" / "first.svg").exists()


def test_the_task_of_ones_own_runs_in_the_worker(worked_home):
    from drawscape.job_manager import enqueue_background_job

    path = enqueue_background_job("card_tasks.draw_card", "Ada").wait(60)
    assert path == str(worked_home / "output" / "cards" / "Ada.svg")
    assert "<svg" in Path(path).read_text()


@pytest.mark.parametrize("name", ["README", "CONTRIBUTING", "SECURITY", "CHANGELOG"])
def test_a_link_within_the_repository_leads_somewhere(name: str):
    for target in re.findall(r"\]\(([^)#]+)", (ROOT / f"{name}.md").read_text()):
        assert target.startswith("https://") or (ROOT / target).exists(), target


def test_every_make_target_that_is_named_exists():
    makefile = (ROOT / "Makefile").read_text()
    files = (ROOT / "CONTRIBUTING.md", *(ROOT / ".github" / "workflows").glob("*.yml"))
    said = README + "".join(file.read_text() for file in files)
    for target in re.findall(r"(?:`|\$ |run: )make ([a-z-]+)", said):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_command_is_named_and_every_named_command_exists():
    from drawscape.cli.root import root

    named = set(re.findall(r"`drawscape ([a-z]+)", README))
    assert named == set(root.list_commands(click.Context(root)))


def test_the_commands_of_the_table_run(worked_home, monkeypatch):
    monkeypatch.chdir(worked_home)
    for name in ("spiral.svg", "poster.svg", "a.svg"):
        assert run("draw", "spiral", "-o", name).code == 0
    for command in re.findall(r"`drawscape ((?:sketches|draw|redraw|plot|jobs)[^`]*)`", README):
        if not re.search("ID|FOLDER", command):
            done = run(*command.split())
            assert done.code == 0, (command, done.err)


def test_every_task_stands_in_the_table_with_its_arguments():
    from drawscape.job_manager import load_task
    from drawscape.settings import TASK_ALIASES

    for path in TASK_ALIASES:
        row = re.search(rf"^\| `{re.escape(path)}` \|(.*)$", README, re.MULTILINE)
        assert row, f"{path} is not in the table"
        for argument in inspect.signature(load_task(path)).parameters.values():
            if argument.kind in (argument.POSITIONAL_OR_KEYWORD, argument.KEYWORD_ONLY):
                assert re.search(rf"`{argument.name}\b", row[1]), f"{path}: {argument.name}"


def test_every_setting_of_the_code_is_in_the_table():
    from drawscape import settings

    sources = [*(ROOT / "drawscape").rglob("*.py"), *(ROOT / "workers").glob("*.py")]
    text = "".join(path.read_text() for path in sources)
    used = {*re.findall(r"DRAWSCAPE_[A-Z_]*[A-Z](?![A-Z_])", text)}
    by_ourselves = {f"DRAWSCAPE_{name}" for name in ("FAILPOINT", "WORKER", "CHILD", "CODE")}
    for name in used - by_ourselves:
        assert f"`{name}`" in README, f"{name} is not described"
    for key in (*settings._PROJECT_LISTS, *settings._PROJECT_TEXTS):
        assert re.search(f"`{key}(?: = |`)", README), f"{key} is not described"


def test_every_option_and_function_of_the_queue_is_described():
    from drawscape import job_manager
    from drawscape.queue.options import OPTIONS

    tutorial = (ROOT / "notebooks" / "04_the_queue.ipynb").read_text()
    for option in OPTIONS:
        assert f"`{option}" in job_manager.enqueue_background_job.__doc__, option
        assert option in README or option in tutorial, option
    for name in job_manager.__all__:
        thing = getattr(job_manager, name)
        assert not callable(thing) or inspect.getdoc(thing), f"{name} has no docstring"
        if inspect.isfunction(thing):
            assert name in README or name in tutorial, f"{name} is not described"


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


def test_every_dependency_has_its_line():
    wanted = sum((EXTRAS[name] for name in ("lab", "web", "data", "png")), PROJECT["dependencies"])
    pages = ROOT / "notebooks" / "pages"
    table = (pages / "explanation" / "packages.md").read_text().lower()
    for requirement in wanted:
        name = re.match(r"[A-Za-z0-9_-]+", requirement)[0].lower()
        assert name in table, f"{name} has no line"


def test_all_brings_every_extra_of_users_and_no_tool_of_the_tests():
    (everything,) = EXTRAS["all"]
    named = {*re.fullmatch(r"drawscape\[(.*)\]", everything)[1].split(",")}
    assert named == {*EXTRAS} - {"all", "test", "bench", "docs", "hpgl"}  # hpgl is empty


PAGE = "from drawscape.sketches import draw\npage = draw('spiral', 297, 210, margin=20)\n"
SHOWN = "assert page._repr_mimebundle_()['text/html'].startswith('<img')"
FORM = f"{PAGE}{SHOWN}\nfrom drawscape.notebook import form"
MAIL = f"from workers.email_tasks import send_notification\nsend_notification(**{CONTRACT!r})"
PICTURE = f"{PAGE}draw('squiggles', 60, 60)\ndraw('squiggles', 60, 60, picture='halves.png')"
EXPORT = f"""{PAGE}import os
from drawscape.plot import save
try:
    [save(page.document(), f"a.{{to}}") for to in ("svg", "pdf", "gcode", "hpgl", "png")]
finally:
    assert len([name for name in os.listdir() if name.startswith("a.")]) == 4
"""


@pytest.mark.parametrize(
    ("missing", "code", "words"),
    [
        ("anywidget", FORM, "form needs an extra: pip install 'drawscape[lab]'"),
        ("jinja2", MAIL, "mail needs an extra: pip install 'drawscape[mail]'"),
        ("fontTools", "from drawscape.lettering import load_font\nload_font('own.ttf')", "drawscape[fonts]"),
        ("PIL", PICTURE, "drawscape[png]"),
        ("PIL", EXPORT, "PNG export needs an extra: pip install 'drawscape[png]'"),
    ],
)  # fmt: skip
def test_what_needs_an_extra_names_it_and_all_else_works(home, missing, code, words):
    for name in ("halves.png", "own.ttf"):
        (home / name).touch()
    code = f"import sys; sys.modules[{missing!r}] = None\n{code}"
    done = python("-c", code, code=1, cwd=home)
    assert words in done.stderr.splitlines()[-1]


def test_the_film_at_its_top_moves_and_is_small():
    from PIL import Image

    first = re.search(r"!\[[^]]+\]\(([^)]+)\)", PAGES[0].read_text())
    assert first is not None
    path = ROOT / first[1]
    assert path.stat().st_size <= 1_500_000
    with Image.open(path) as film:
        assert film.n_frames > 50


def test_the_citation_names_the_version():
    from drawscape import __version__

    assert f"version: {__version__}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"## {__version__}\n" in (ROOT / "CHANGELOG.md").read_text()


@pytest.mark.parametrize(
    ("origin", "address"),
    [
        ("https://github.com/studio/lines.git", "https://github.com/studio/lines"),
        ("https://name:secret@git.example.org/a/b/c", "https://git.example.org/a/b/c"),
        ("git@github.com:studio/lines.git", "https://github.com/studio/lines"),
        ("ssh://git@example.org:2222/studio/lines", "https://example.org/studio/lines"),
        ("/srv/git/lines.git", ""),
        ("", ""),
    ],
)
def test_a_package_names_its_repository_and_no_password(tmp_path, monkeypatch, origin, address):
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    program("git", "init", "-q", str(tmp_path))
    if origin:
        program("git", "-C", str(tmp_path), "remote", "add", "origin", origin)
    repository = runpy.run_path(str(ROOT / "hatch_build.py"))["repository"]
    assert repository(tmp_path) == address
    (tmp_path / "unpacked").mkdir()  # without a .git of its own
    assert repository(tmp_path / "unpacked") == ""


def test_every_action_of_a_workflow_is_pinned_to_a_commit():
    for file in (ROOT / ".github" / "workflows").glob("*.yml"):
        for action in re.findall(r"uses: (.+)", file.read_text()):
            assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), (
                file.name,
                action,
            )


def test_the_night_runs_parts_that_there_are():
    parts = runpy.run_path(str(ROOT / "tests" / "nightly.py"))["PARTS"]
    named = re.search(r"part: \[(.+)\]", (ROOT / ".github/workflows/nightly.yml").read_text())
    assert set(named[1].split(", ")) <= set(parts)
