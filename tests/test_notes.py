"""Notes by key: kept over crashes, shared by processes, forgotten after 400 days."""

import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from drawscape.notes import open_notes


def test_a_note_outlives_its_process(tmp_path):
    code = (
        "import os, pathlib, sys; from drawscape.notes import open_notes\n"
        "with open_notes(pathlib.Path(sys.argv[1])) as notes:\n"
        "    notes.put('a', 'noted'); os.kill(os.getpid(), 9)"
    )
    path = tmp_path / "notes.db"
    with open_notes(path) as ours:
        done = subprocess.run([sys.executable, "-c", code, path], check=False)
        assert done.returncode == -signal.SIGKILL
        assert ours.get("a") == "noted"


def test_notes_are_forgotten_after_400_days(tmp_path):
    path = tmp_path / "notes.db"
    with open_notes(path) as notes:
        notes.put("young", 1)
        notes.put("old", 2)
    with closing(sqlite3.connect(path)) as database, database:
        for key, days in (("young", 399), ("old", 401)):
            at = time.time() - days * 86400
            database.execute("update note set at = ? where key = ?", (at, key))
    with open_notes(path) as notes:
        assert (notes.get("young"), notes.get("old")) == (1, None)


def test_a_file_of_notes_is_made_by_many_at_once(tmp_path):
    def note(path, key):
        with open_notes(path) as notes:
            notes.put(key, key.upper())

    keys = "abcdefgh"
    with ThreadPoolExecutor(len(keys)) as pool:
        for number in range(10):
            path = tmp_path / f"{number}.db"
            for done in [pool.submit(note, path, key) for key in keys]:
                done.result()
            with open_notes(path) as notes:
                assert [notes.get(key) for key in keys] == list(keys.upper())
