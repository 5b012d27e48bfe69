"""The blocks of code on a page, and a project in which they run as a reader would run them.

    ```python          runs in the page's own names; `print(...)    # text` has to print that text
    ```python          with `# workers/own_tasks.py` first: this is that file of the project
    ```toml            likewise
    ```console         each `$ command` has to end well, and what stands below it has to be printed
    ```sh, ```ini ...  are shown only

A line `% the worker restarts`, a comment of MyST's, is what the text there asks of the reader.
"""

import contextlib
import doctest
import importlib
import io
import os
import re
import shlex
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support import program, run

from drawscape.cli.lab import fill
from drawscape.job_manager import WorkerProcess, start_worker
from drawscape.project_modules import import_module

PAGES = Path(__file__).parents[1] / "notebooks" / "pages"
_BLOCK = re.compile(r"^```(python|toml|console)\n(.*?)^```$|^(% the worker restarts)$", re.S | re.M)
_PLAIN = re.compile(r"drawscape [^$|>&;]*")
_FILE = re.compile(r"# ([\w/.-]+\.(?:py|toml))\n")
_SAID = re.compile(r"^ *print\(.*\) {2,}# (.*)$", re.MULTILINE)
_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass
class Project:
    """A new project, made by `drawscape new`, with a worker at work."""

    folder: Path
    worker: WorkerProcess
    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "__main__"})

    def run_page(self, page):
        """Run every block of `page`; return how many there were."""
        self.names = {"__name__": "__main__"}
        shutil.rmtree(self.folder / ".drawscape" / "machines", ignore_errors=True)  # another page's
        blocks = _BLOCK.findall(page.read_text())
        for language, code, restart in blocks:
            named = _FILE.match(code)
            if named:
                file = self.folder / named[1]
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(code)
                importlib.invalidate_caches()
            elif language == "python":
                self._run_python(code)
            elif language == "console":
                self._run_console(code)
            elif restart:
                self.worker.stop()
                self.worker = start_worker(2)
        return len(blocks)

    def _run_python(self, code):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "<page>", "exec"), self.names)
        expected = "\n".join(_SAID.findall(code))
        if expected:
            _compare(expected, printed.getvalue(), code)

    def _run_console(self, code):
        for part in re.split(r"^\$ ", code, flags=re.MULTILINE)[1:]:
            command, _, expected = part.partition("\n")
            if _PLAIN.fullmatch(command):  # half a second faster than a process of its own
                done = run(*shlex.split(command)[1:])
                assert done.code == 0, f"$ {command}\n{done}"
                printed = done.out
            else:
                printed = program("bash", "-c", command).stdout
            if expected.strip():
                _compare(expected, printed, command)


def _compare(expected, printed, code):
    checker = doctest.OutputChecker()
    same = checker.check_output(f"{expected.strip()}\n", f"{printed.strip()}\n", _FLAGS)
    assert same, f"{code}\nprints\n{printed}\nand the page has\n{expected}"


@contextlib.contextmanager
def new_project(folder):
    """A project in `folder`, which is the working folder and the home meanwhile."""
    fill(folder)
    scripts = str(Path(sys.executable).parent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DRAWSCAPE_HOME", str(folder))
        patch.setenv("PATH", os.pathsep.join([scripts, os.environ["PATH"]]))
        patch.setenv("COLUMNS", "120")
        patch.chdir(folder)
        import_module(folder, "workers")  # those that a kernel finds which begins there
        project = Project(folder, start_worker(2))
        yield project
        project.worker.stop()
