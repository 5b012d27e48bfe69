"""The buttons of a form, and where they stand among its other parts."""

from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets

from drawscape.notebook.display import JobDisplay
from drawscape.notebook.drawing_panel import DrawingPanel
from drawscape.notebook.panel import Panel

_LOUD = {"draw", "cancel"}


class FormButtons:
    """Draw, Cancel, `live`, and the quiet ones; `actions` says by name what each does."""

    def __init__(self, verb: str, actions: Mapping[str, Callable[..., None]]) -> None:
        self._actions = actions
        self.draw = self._button(
            "draw", description=verb, tooltip=f"{verb}; with Shift also what was drawn before"
        )
        self.cancel = self._button("cancel", description="Cancel", disabled=True)
        self.undo = self._button("undo", icon="undo", tooltip="Undo", disabled=True)
        self.redo = self._button("redo", icon="repeat", tooltip="Redo", disabled=True)
        self.shuffle = self._button(
            "shuffle",
            description="Shuffle",
            tooltip="Draw with other values of every parameter that is not locked",
        )
        self.reset = self._button(
            "reset", description="Reset", tooltip="Back to the settings of the start"
        )
        self.code = self._button("code", description="Code", tooltip="The call that draws this")
        self.live = widgets.Checkbox(
            description="live", indent=False, tooltip="Draw at every change"
        ).add_class("drawscape-live")

    @property
    def rows(self) -> list[Any]:
        """The row of what is used all the time, and the quiet one."""
        return [
            _classed("drawscape-buttons", widgets.HBox([self.draw, self.cancel, self.live])),
            _classed(
                "drawscape-buttons",
                widgets.HBox([self.undo, self.redo, self.shuffle, self.reset, self.code]),
            ),
        ]

    def _button(self, name: str, **options: Any) -> Any:
        button = _classed(f"drawscape-{name}", widgets.Button(**options))
        if name not in _LOUD:
            button.add_class("drawscape-quiet")
        button.on_click(self._actions[name])
        return button


def columns(
    panel: Panel, buttons: FormButtons, shown: JobDisplay, below: DrawingPanel, note: Any
) -> Any:
    """Return the form's two columns: controls and what became of the job; the sheet."""
    left = [*panel.parts, *buttons.rows, shown.bar, shown.words, shown.trouble, note]
    right = [shown.frame, below.parts[0], shown.caption, *below.parts[1:]]
    return _classed(
        "drawscape-columns",
        widgets.HBox(
            [
                _classed("drawscape-controls", widgets.VBox(left)),
                _classed("drawscape-sheet", widgets.VBox(right)),
            ]
        ),
    )


def _classed(name: str, widget: Any) -> Any:
    widget.add_class(name)
    return widget
