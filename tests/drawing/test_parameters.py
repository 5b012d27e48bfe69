"""What a parameter accepts, and how a mistake is named."""

from typing import Annotated, Literal

import pytest

from drawscape.errors import ParameterError, UnknownNameError
from drawscape.parameters import (
    Between,
    Color,
    Slider,
    check_arguments,
    json_schema,
    read_parameters,
)
from drawscape.sketches import draw


def sketch(
    svg,
    *,
    count: Annotated[int, Between(1, 9, "How many")] = 3,
    reach: float = 1.5,
    open_: bool = False,
    ink: Color = "red",
    kind: Literal["a", "b"] = "a",
    size: tuple[float, float] = (1.0, 2.0),
): ...


PARAMETERS = read_parameters(sketch, skip=["svg"])


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("count", True, "must be a whole number"),
        ("count", 2.5, "must be a whole number"),
        ("count", 0, "at least 1 and at most 9"),
        ("count", 10, "at most 9"),
        ("reach", True, "must be a number"),
        ("reach", False, "must be a number"),
        ("reach", float("nan"), "must be a number"),
        ("reach", "wide", "must be a number"),
        ("open_", 1, "true or false"),
        ("ink", "reed", "must be a colour"),
        ("kind", "c", "one of a, b"),
        ("size", (1.0, True), "must be a number"),
        ("size", (1.0,), "must have 2 items"),
    ],
)
def test_a_value_of_another_kind_is_named_with_its_rule(name, value, words):
    with pytest.raises(ParameterError, match=words):
        check_arguments(PARAMETERS, {name: value})


def test_true_is_not_a_number_of_a_sketch_either():
    with pytest.raises(ParameterError, match="turns"):
        draw("spiral", 100, 100, turns=True)


def test_texts_of_values_are_converted():
    given = {"count": "4", "reach": "2", "open_": "yes", "size": "(3, 4)"}
    assert check_arguments(PARAMETERS, given) == {
        "count": 4, "reach": 2.0, "open_": True, "size": (3.0, 4.0)
    }  # fmt: skip
    with pytest.raises(UnknownNameError, match="did you mean 'count'"):
        check_arguments(PARAMETERS, {"cuont": 4})
    assert json_schema(PARAMETERS)["properties"]["count"] == {
        "type": "integer", "minimum": 1, "maximum": 9, "description": "How many", "default": 3
    }  # fmt: skip


def short(svg, *, columns: Slider(2, 20) = 8, paper=(1, 2), ink="#1b3a6b", name="navy"): ...


def test_a_slider_a_tuple_and_a_hex_colour_need_no_annotation_beside_them():
    fields = json_schema(read_parameters(short, skip=["svg"]))["properties"]
    assert fields["columns"] == {"type": "integer", "minimum": 2, "maximum": 20, "default": 8}
    assert fields["paper"]["prefixItems"] == [{"type": "integer"}, {"type": "integer"}]
    assert [fields[name].get("format") for name in ("ink", "name")] == ["color", None]
