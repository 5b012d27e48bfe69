"""Zip archives: the same bytes for the same files, and names that stay inside."""

import os
import zipfile

from hypothesis import given
from hypothesis import strategies as st

from drawscape.files.batch import distinct, write_zip


def test_the_same_files_make_the_same_bytes(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("hello" * 1000)
    write_zip(tmp_path / "1.zip", [(file, "a.txt")])
    os.utime(file, (1, 1))
    file.chmod(0o600)
    write_zip(tmp_path / "2.zip", [(file, "a.txt")])
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()
    assert zipfile.ZipFile(tmp_path / "1.zip").read("a.txt") == b"hello" * 1000


@given(
    st.lists(st.sampled_from(["a", "A", "a-2", "a.csv", "a-2.csv", "A-2.CSV", ".x", "b.tar.gz"]))
)
def test_distinct_names_differ_in_more_than_case(names):
    chosen = distinct(names)
    assert len({name.lower() for name in chosen}) == len(names)
    assert all(
        made == name or name.lower() in map(str.lower, names)
        for made, name in zip(chosen, names, strict=True)
    )
