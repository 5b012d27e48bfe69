"""Every error that Drawscape raises on purpose, under one root.

Each class also inherits the built-in that it resembles, so that `except ValueError` still works. A message
says what happened, which value, and what to do.
"""

from collections.abc import Iterable


class DrawscapeError(Exception):
    """The root of all errors that Drawscape raises on purpose."""

    permanent = False
    """Whether the same call would fail again; then a job is not retried (`job_retries`)."""


class SettingsError(DrawscapeError, ValueError):
    """An environment variable holds a value that cannot be used."""


class ForbiddenPathError(DrawscapeError, ValueError):
    """A path leads out of the folders that Drawscape may read or write."""

    permanent = True


class MissingExtraError(DrawscapeError, ImportError):
    """A feature needs an optional dependency that is not installed."""

    permanent = True

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs an extra: pip install 'drawscape[{extra}]'")
        self.extra = extra


# Parameters and sketches


class ParameterError(DrawscapeError, ValueError):
    """A parameter's value breaks the rule that its annotation states."""

    permanent = True

    def __init__(self, name: str, value: object, rule: str) -> None:
        super().__init__(f"{name}={value!r}: {rule}")
        self.name = name
        self.value = value
        self.rule = rule

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return type(self), (self.name, self.value, self.rule)


class SignatureError(DrawscapeError, TypeError):
    """A function's signature cannot be read as parameters."""


class SketchFileError(DrawscapeError, ValueError):
    """A file that should hold a sketch does not import, or holds none."""

    permanent = True


class UnknownNameError(DrawscapeError, LookupError):
    """A name is not among those that exist; the message offers the nearest ones."""

    permanent = True

    def __init__(
        self,
        what: str,
        name: object,
        known: Iterable[str],
        instead: str | None = None,
        remedy: str = "",
    ) -> None:
        super().__init__(what, str(name), sorted(known), instead, remedy)

    def __str__(self) -> str:
        from difflib import get_close_matches

        what, name, names, instead, remedy = self.args
        near = [instead] if instead else get_close_matches(name, names, n=3, cutoff=0.6)
        hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ";"
        return f"unknown {what} {name!r}{remedy}{hint} known: {', '.join(names) or 'none'}"


# Drawing


class CanvasError(DrawscapeError, ValueError):
    """A canvas was given a size, style or nesting that cannot be drawn."""


class GlyphError(DrawscapeError, ValueError):
    """A font has no glyph for a character of the text."""


class GeometryError(DrawscapeError, ValueError):
    """A geometric function was given arrays that it cannot work on."""


class PictureError(DrawscapeError, ValueError):
    """A picture file cannot be read, or is larger than a drawing needs."""


class PhotoError(DrawscapeError, ValueError):
    """A photograph cannot be read, or does not show the sheet well enough."""


class SheetError(DrawscapeError, ValueError):
    """A sheet cannot be laid out as asked: a text is too long for its box, a part is missing."""


class SvgReadError(DrawscapeError, ValueError):
    """An SVG file cannot be read, or is refused as unsafe."""


class PlotError(DrawscapeError, ValueError):
    """A drawing cannot be prepared or exported as asked."""


class MachineError(DrawscapeError, RuntimeError):
    """A plotter cannot be reached, does not answer as it should, or reports a fault."""

    def __init__(self, text: str, *, lost: bool = False) -> None:
        super().__init__(text)
        self.lost = lost  # whether the machine no longer knows where its pen is


class MachineBusyError(MachineError):
    """Another run drives this plot or plotter."""


class JournalError(DrawscapeError, ValueError):
    """The journal of a plot is damaged, cannot be written, or belongs to another plan."""


class PlotNotFoundError(DrawscapeError, LookupError):
    """No plot has this id."""


class EditionError(DrawscapeError, ValueError):
    """An edition cannot be made, marked, plotted or judged as asked."""


class ProvenanceError(DrawscapeError, ValueError):
    """A drawing does not say how it was made, or cannot be made again from that."""


class CatalogueError(DrawscapeError, RuntimeError):
    """The catalogue of drawings cannot be used: locked, full, read-only or damaged."""


class DrawingNotFoundError(DrawscapeError, LookupError):
    """No drawing has this recipe or path, or its file is gone."""


# Jobs: what goes wrong in the caller's cell


class QueueError(DrawscapeError, RuntimeError):
    """The queue's file cannot be used: locked, full, read-only, damaged or foreign."""


class QueueGoneError(QueueError):
    """The queue's file, its log or its folder was deleted or replaced while this process used it."""


class TaskNotAllowedError(DrawscapeError, PermissionError):
    """A task path lies outside the modules that may hold tasks."""


class TaskNotFoundError(DrawscapeError, LookupError):
    """A task path names no importable function."""


class TaskArgumentsError(DrawscapeError, TypeError):
    """The arguments do not bind to the task's signature."""


class NotSerializableError(DrawscapeError, TypeError):
    """An argument, function or result cannot be carried between processes."""


class JobOptionError(DrawscapeError, ValueError):
    """A `job_...` option has a value that cannot be used."""


class DuplicateJobError(DrawscapeError, ValueError):
    """A job with this id exists already."""


class JobNotFoundError(DrawscapeError, LookupError):
    """No job has this id (any more)."""


class JobStateError(DrawscapeError, RuntimeError):
    """The job's status does not allow this action."""


class JobFailed(DrawscapeError, RuntimeError):  # noqa: N818 - the name that callers of job queues know
    """A job ended without a result; the text holds the worker's traceback."""


class JobTimeout(DrawscapeError, TimeoutError):  # noqa: N818 - named as TimeoutError is
    """A caller's `wait(timeout=...)` timed out; the job itself goes on."""


# The other workers


class MailError(DrawscapeError, ValueError):
    """A mail cannot be sent as asked: address, subject, template or settings."""

    permanent = True


class MailTemporaryError(MailError, ConnectionError):
    """The mail server could not take a mail for now; it may be worth a retry (`job_retries`)."""

    permanent = False


class MailRefusedError(MailError):
    """The mail server refused a mail for good (5xx, login, certificate): a retry will not help."""


class MailTemplateError(MailError):
    """A mail template does not work: variables are missing, or the template itself is wrong."""


class DataError(DrawscapeError, ValueError):
    """A data file cannot be converted as asked."""


# The web front


class RequestRefused(DrawscapeError, ValueError):  # noqa: N818 - it is an answer more than an accident
    """A request to the web front is answered with an HTTP status from 400 on.

    `headers` go into the answer, `members` into its JSON problem object.
    """

    def __init__(
        self, status: int, detail: str, *, headers: dict[str, str] | None = None, **members: object
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}
        self.members = members
