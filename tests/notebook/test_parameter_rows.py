"""The rows of many parameters: groups that fold, a filter, few models."""

from typing import Annotated, Any

import ipywidgets as widgets
import pytest
from annotated_types import Interval
from widget_tree import all_of, control, part, walk

from drawscape.notebook.controls import control_for
from drawscape.notebook.panel import Panel
from drawscape.notebook.parameter_rows import ParameterRows
from drawscape.notebook.target import target_of
from drawscape.parameters import Group, read_parameters

pytestmark = pytest.mark.usefixtures("home")

Wind = Annotated[float, Interval(ge=0, le=10), Group("wind")]


def field(svg: Any, *, gusts: Wind = 1.0, moon: int = 3, turn: Wind = 2.0) -> None:
    """A field."""


def hills(count: int) -> Any:
    """Return a sketch with that many sliders, all in one group but the first."""

    def sketch(svg: Any, **heights: float) -> None:
        """Hills."""

    slider = Annotated[float, Interval(ge=0, le=10)]
    kinds = {f"p{i}": slider if i == 0 else Wind for i in range(count)}
    code = f"def hills(svg, *, {', '.join(f'{name}=1.0' for name in kinds)}): pass"
    names: dict[str, Any] = {"__name__": __name__}
    exec(code, names)
    names["hills"].__annotations__ = kinds
    return names["hills"]


def shown(sketch: Any) -> Any:
    return widgets.VBox(Panel(target_of(sketch)).parts)


def test_a_group_stands_where_its_first_parameter_does_and_is_open_where_there_are_few() -> None:
    assert [p.group for p in read_parameters(field, skip=["svg"])] == ["wind", "", "wind"]
    root = shown(field)
    group, moon, _hint = part(root, "parameters").children
    head, body = group.children
    assert (head.description, head.value) == ("wind", True)
    assert control(moon, "moon")
    assert len(all_of(body, "parameter")) == 2
    head.value = False
    assert body.layout.display == "none"
    assert part(root, "filter").layout.display == "none"


def test_many_parameters_are_folded_and_have_a_filter() -> None:
    root = shown(hills(20))
    assert part(root, "filter").layout.display == ""
    assert part(root, "fold-body").layout.display == "none"
    assert Panel(target_of(hills(20))).values["p19"] == 1.0


def test_what_is_folded_comes_to_the_page_when_it_is_unfolded_or_found() -> None:
    for unfold in (True, False):
        root = shown(hills(300))
        rows = part(root, "parameters")
        part(root, "filter").value = "Q7"
        assert len(all_of(rows, "parameter")) == 1
        if unfold:
            part(root, "fold").value = True
        else:
            part(root, "filter").value = "P7"
        assert len(all_of(rows, "parameter")) == 300


def test_parameters_that_were_never_unfolded_are_closed_with_the_others() -> None:
    controls = [control_for(one) for one in read_parameters(hills(40), skip=["svg"])]
    rows = ParameterRows()
    rows.show(controls)
    assert all(one.hint.comm is not None for one in controls)
    rows.show([])
    assert all(one.hint.comm is None and one.lock.comm is None for one in controls)


def test_a_slider_costs_at_most_eight_models() -> None:
    def models(count: int) -> int:
        root = shown(hills(count))
        part(root, "fold").value = True
        return len({id(x) for w in walk(root) for x in (w, w.layout, getattr(w, "style", w))})

    assert models(60) - models(20) <= 40 * 8
