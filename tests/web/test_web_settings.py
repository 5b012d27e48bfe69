"""Settings that make no sense are refused when they are made."""

import pytest

from drawscape.errors import SettingsError, UnknownNameError
from drawscape.web import WebSettings


@pytest.mark.parametrize(
    ("name", "value"),
    [("max_queued", 0), ("retry_after_s", -1), ("max_size_mm", 0.0)],
)
def test_a_limit_must_be_positive(name, value):
    with pytest.raises(SettingsError, match=f"{name}={value}"):
        WebSettings(**{name: value})


def test_an_empty_token_is_refused():
    with pytest.raises(SettingsError, match="token is empty"):
        WebSettings(token=" ")


def test_an_unknown_pattern_is_refused_with_the_nearest_name():
    with pytest.raises(UnknownNameError, match="did you mean 'spiral'"):
        WebSettings(patterns=("spirl",))
