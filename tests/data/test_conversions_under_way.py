"""Conversions as they run: their progress, their end before the end, what they leave."""

import pytest

from drawscape.data import Options, convert


@pytest.fixture
def large(tmp_path):
    path = tmp_path / "large.csv"
    with path.open("w") as stream:
        stream.write("id,name,price\n")
        stream.writelines(f"{n},name {n % 997},{n / 8}\n" for n in range(300_000))
    return path


@pytest.mark.slow
@pytest.mark.parametrize("target", ["json", "parquet"])
def test_progress_rises_to_1(large, tmp_path, target):
    reported: list[float] = []
    convert(
        large,
        tmp_path / f"out.{target}",
        scratch=tmp_path / "scratch",
        options=Options(encoding="latin-1"),
        progress=lambda fraction, message: reported.append(fraction),
    )
    assert reported == sorted(reported)
    assert reported[-1] == 1
    assert len(set(reported)) >= 3


class _Stopped(BaseException):
    """As a worker raises it inside of a task that is to stop."""


def test_a_conversion_that_is_stopped_leaves_nothing(large, tmp_path):
    def stop(fraction, message):
        if message == "writing":
            raise _Stopped

    (tmp_path / "out").mkdir()
    with pytest.raises(_Stopped):
        convert(large, tmp_path / "out" / "large.json", scratch=tmp_path / "scratch", progress=stop)
    assert list((tmp_path / "out").iterdir()) == []
    assert list((tmp_path / "scratch").iterdir()) == []
