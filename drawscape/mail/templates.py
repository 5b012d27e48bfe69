"""Mail templates: `NAME.html.j2` and `NAME.txt.j2`, filled in where nothing can break out.

Values are escaped in the HTML part and never read as template code; templates run in Jinja2's
sandbox. Variables that a template needs and that are missing are an error, which names them all.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, TemplateError, meta
from jinja2.exceptions import UndefinedError
from jinja2.loaders import BaseLoader, ChoiceLoader, FileSystemLoader, PackageLoader
from jinja2.sandbox import ImmutableSandboxedEnvironment

from drawscape.errors import MailTemplateError, UnknownNameError

_SUFFIX = ".html.j2"
_LINK = re.compile(r"(https?://|mailto:)[^\s\"'<>\\]+", re.IGNORECASE)


@dataclass(frozen=True)
class Rendered:
    """A mail's two parts, and the names in the context that no part of the template uses."""

    text: str
    html: str
    unused: tuple[str, ...]


def render(name: str, context: Mapping[str, Any], *, folder: Path | None = None) -> Rendered:
    """Return the template's HTML and text parts for the values in `context`.

    Templates in `folder` come before the built-in ones. Raises UnknownNameError for a template that
    does not exist, MailTemplateError for missing variables (it names all) and for broken templates.
    """
    environment = _environment(folder)
    known = _names(environment)
    if name not in known:
        raise UnknownNameError("mail template", str(name), known)
    missing: list[str] = []
    environment.undefined = _recorder(missing)
    try:
        html = environment.get_template(f"{name}.html.j2").render(context)
        text = environment.get_template(f"{name}.txt.j2").render(context)
    except UndefinedError as problem:
        raise MailTemplateError(f"mail template {name!r}: {problem}") from problem
    except TemplateError as problem:
        raise MailTemplateError(f"mail template {name!r} is broken: {problem}") from problem
    if missing:
        raise _missing(name, missing)
    return Rendered(text, html, _unused(environment, name, context))


def _environment(folder: Path | None) -> ImmutableSandboxedEnvironment:
    loaders: list[BaseLoader] = [FileSystemLoader(folder)] if folder else []
    loaders.append(PackageLoader("drawscape.mail"))
    environment = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader(loaders),
        autoescape=lambda template: template is None or template.endswith(_SUFFIX),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["link"] = _link
    return environment


def _names(environment: ImmutableSandboxedEnvironment) -> list[str]:
    """Return the names of the templates that a mail can be made of; `_layout` is not one."""
    files = environment.list_templates()
    return sorted(
        file.removesuffix(_SUFFIX)
        for file in files
        if file.endswith(_SUFFIX) and not file.startswith("_") and "/" not in file
    )


def _recorder(missing: list[str]) -> type[StrictUndefined]:
    """Return the class of undefined values that note their names in `missing` when shown."""

    class Missing(StrictUndefined):
        def __str__(self) -> str:  # type: ignore[override]
            missing.append(str(self._undefined_name))
            return ""

        __html__ = __str__

    return Missing


def _missing(name: str, missing: list[str]) -> MailTemplateError:
    names = list(dict.fromkeys(missing))
    give = ", ".join(f"{each}=..." for each in names)
    return MailTemplateError(
        f"mail template {name!r} needs {', '.join(map(repr, names))}; pass {give}"
    )


def _unused(
    environment: ImmutableSandboxedEnvironment, name: str, context: Mapping[str, Any]
) -> tuple[str, ...]:
    used: set[str] = set()
    files = [f"{name}.html.j2", f"{name}.txt.j2"]
    for file in files:
        if environment.loader is None:  # never: it is set above; this is for the type checker
            break
        parsed = environment.parse(environment.loader.get_source(environment, file)[0])
        used |= meta.find_undeclared_variables(parsed)
        found = meta.find_referenced_templates(parsed)
        files += [each for each in found if each and each not in files]
    return tuple(each for each in context if each not in used)


def _link(value: object) -> str:
    """Return the address if a mail may link to it: `javascript:` and its like are refused."""
    text = str(value)
    if not _LINK.fullmatch(text):
        raise MailTemplateError(f"{text!r} is not an http, https or mailto link")
    return text
