"""Settings of a form that were given a name: saved, loaded and deleted, in the home."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets

from drawscape.catalogue import settings_store
from drawscape.errors import CatalogueError, ParameterError, UnknownNameError

_LOG = logging.getLogger("drawscape.notebook")

HEADING = "saved settings"

Settings = Mapping[str, Any]
Guard = Callable[[Callable[[], object]], Callable[..., None]]


class NamedSettings:
    """The names kept under `key`, and a row of widgets: a menu that loads, a name to save or delete.

    `read()` returns what the form shows, as JSON values, and `show(settings)` shows such; `guard`
    wraps what a widget calls, so that its errors reach the form.
    """

    def __init__(
        self,
        key: str,
        read: Callable[[], Settings],
        show: Callable[[Settings], object],
        guard: Guard,
    ) -> None:
        self._key, self._read, self._show = key, read, show
        auto = {"width": "auto"}
        self._menu = widgets.Dropdown(tooltip="Settings that were saved", layout=auto)
        self._name = widgets.Text(
            placeholder="a name for these settings",
            tooltip="Name of settings to save or delete",
            layout={"width": "190px"},
        )
        self._save = widgets.Button(
            description="Save", tooltip="Save these settings under the name", layout=auto
        )
        self._delete = widgets.Button(
            icon="trash", tooltip="Delete the saved settings of that name", layout=auto
        )
        self._save.add_class("drawscape-quiet")
        self._delete.add_class("drawscape-quiet")
        self.row = widgets.HBox([self._menu, self._name, self._save, self._delete])
        self.row.add_class("drawscape-buttons")
        self.row.add_class("drawscape-named")
        self._silent = False
        self._refresh()
        self._menu.observe(guard(self._chosen), names="value")
        self._name.observe(lambda _change: self._show_state(), names="value")
        self._save.on_click(guard(lambda: self.save(self._name.value)))
        self._delete.on_click(guard(lambda: self.delete(self._name.value)))

    @property
    def names(self) -> list[str]:
        """The names, the latest first."""
        return settings_store.names(self._key)

    def save(self, name: str) -> None:
        """Keep what the form shows under `name`; what had that name before is replaced.

        Raises ParameterError for a name that is none.
        """
        name = name.strip()
        if not name or "\n" in name:
            raise ParameterError("name", name, "give the settings a name, of one line")
        settings_store.save_named(self._key, name, self._read())
        self._refresh(name)

    def load(self, name: str) -> None:
        """Show the settings of that name. Raises UnknownNameError."""
        kept = settings_store.load_named(self._key, name)
        if kept is None:
            raise UnknownNameError("saved settings", name, self.names)
        self._show(kept)
        self._refresh(name)

    def delete(self, name: str) -> None:
        """Forget the settings of that name. Raises UnknownNameError."""
        if not settings_store.delete_named(self._key, name.strip()):
            raise UnknownNameError("saved settings", name, self.names)
        self._name.value = ""
        self._refresh()

    def settings_changed(self) -> None:
        """Name none in the menu: what the form shows is no longer what was loaded or saved."""
        self._choose("")

    def _chosen(self) -> None:
        if self._menu.value and not self._silent:
            self.load(self._menu.value)

    def _refresh(self, name: str = "") -> None:
        """Offer the names that there are now, with `name` as what is shown."""
        self._silent = True
        try:
            self._menu.options = [(HEADING, ""), *((one, one) for one in self._names_if_readable())]
        finally:
            self._silent = False
        self._choose(name)
        self._name.value = name or self._name.value
        self._show_state()

    def _names_if_readable(self) -> list[str]:
        try:
            return self.names
        except CatalogueError as error:
            _LOG.warning("the saved settings are not offered: %s", error)
            return []

    def _choose(self, name: str) -> None:
        self._silent = True
        try:
            self._menu.value = name
        finally:
            self._silent = False

    def _show_state(self) -> None:
        typed = self._name.value.strip()
        self._save.disabled = not typed
        self._delete.disabled = typed not in {name for _, name in self._menu.options if name}
        self._menu.layout.display = "" if len(self._menu.options) > 1 else "none"
