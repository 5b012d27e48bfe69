"""One notification, from a template and its values to the server's or the folder's acceptance.

Templates are `NAME.html.j2` and `NAME.txt.j2`. Values are escaped in the HTML part and never read as template
code; templates run in Jinja2's sandbox. Variables that a template needs and that are missing are an error,
which names them all.
"""

import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from jinja2 import StrictUndefined, TemplateError
from jinja2.loaders import BaseLoader, ChoiceLoader, FileSystemLoader, PackageLoader
from jinja2.sandbox import ImmutableSandboxedEnvironment

from drawscape.atomic import write_atomic
from drawscape.errors import MailError, MailRefusedError, MailTemplateError, UnknownNameError
from drawscape.mail.message import Enclosure, build_message, read_recipients, read_subject
from drawscape.mail.smtp import MailSettings, deliver
from drawscape.notes import open_notes

_RESERVED = ("recipient", "subject", "pictures", "job_id")
_SUFFIX = ".html.j2"
_LINK = re.compile(r"(https?://|mailto:)[^\s\"'<>\\]+", re.IGNORECASE)


def send(
    recipient: str | Sequence[str],
    subject: str,
    template: str,
    context: Mapping[str, Any],
    settings: MailSettings,
    *,
    accepted: Path,
    outbox: Path,
    log: Callable[[str], object],
    pictures: Sequence[Enclosure] = (),
    enclosures: Sequence[Enclosure] = (),
    job_id: str | None = None,
    queued_at: datetime | None = None,
) -> str:
    """Send the mail and return its Message-ID or, without a server, a sentence with its file's path.

    `context` fills the template's variables. `job_id` and `queued_at` make the Message-ID. A job's mail
    that was accepted before, by the notes in the file `accepted`, is not sent again.
    Raises MailError and its subclasses for what cannot be sent as asked, UnknownNameError for an
    unknown template.
    """
    recipients = read_recipients(recipient)
    subject = read_subject(subject)
    for key in context:
        if key in _RESERVED:
            raise MailError(f"the context's {key!r} is set by the mail itself; use another name")
    # A time distinguishes two jobs that were given one id, the second after the first was removed.
    when = f"-{round(queued_at.timestamp() * 1000):x}" if queued_at else ""
    name = f"job-{job_id}{when}" if job_id else uuid4().hex
    key = f"<{name}.drawscape@{settings.sender.domain}>"
    given = {
        "name": recipients[0].display_name if len(recipients) == 1 else "",
        "recipient": ", ".join(one.addr_spec for one in recipients),
        "subject": subject,
        "job_id": job_id,
        "pictures": pictures,
    }
    text, html = render(template, {**given, **context}, folder=settings.templates)
    message = build_message(
        sender=settings.sender,
        recipients=recipients,
        subject=subject,
        text=text,
        html=html,
        message_id=key,
        date=datetime.now(UTC),
        pictures=pictures,
        enclosures=enclosures,
    )
    check_size(len(message.as_bytes()), settings.max_bytes, "the mail")
    if settings.host is None:
        path = outbox / f"{name}.eml"
        outbox.mkdir(parents=True, exist_ok=True)
        write_atomic(path, [message.as_bytes()])
        answer = f"not sent, since DRAWSCAPE_SMTP_HOST is not set; written to {path}"
        log(answer)
        return answer
    with open_notes(accepted) as notes:
        if job_id and notes.get(key) is not None:
            log(f"{key} was accepted before; not sent again")
            return key

        refused = deliver(message, settings)
        try:
            notes.put(key, f"{settings.host}:{settings.port}")
        except sqlite3.Error as problem:  # the mail is out: to fail now would send it twice
            log(f"{key} is sent, but that could not be noted: {problem}")
    log(f"{key} accepted by {settings.host}")
    if refused:
        raise MailRefusedError(f"{refused}; the other recipients have the mail")
    return key


def check_size(size: int, most: int, what: str) -> None:
    """Raise MailError, which names `what` is too large, when its `size` is more than `most` bytes."""
    if size > most:
        raise MailError(
            f"{what}: {size:,} bytes as a mail encodes them; a mail has at most {most:,} "
            "(DRAWSCAPE_MAIL_MAX_MB)"
        )


# Templates


def render(name: str, context: Mapping[str, Any], *, folder: Path | None = None) -> tuple[str, str]:
    """Return the template's text and HTML parts for the values in `context`.

    Templates in `folder` come before the built-in ones. Raises UnknownNameError for a template that
    does not exist, MailTemplateError for missing variables (it names all) and for broken templates.
    """
    loaders: list[BaseLoader] = [FileSystemLoader(folder)] if folder else []
    missing: list[str] = []

    class Missing(StrictUndefined):
        """What is undefined notes its name when it is shown."""

        def __str__(self) -> str:  # type: ignore[override]
            missing.append(repr(self._undefined_name))
            return ""

        __html__ = __str__

    environment = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([*loaders, PackageLoader("drawscape.mail")]),
        autoescape=lambda template: template is None or template.endswith(_SUFFIX),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=Missing,
    )
    environment.filters["link"] = _link
    files = environment.list_templates(
        filter_func=lambda file: file.endswith(_SUFFIX) and file[0] != "_" and "/" not in file
    )
    known = [file.removesuffix(_SUFFIX) for file in files]
    if name not in known:
        raise UnknownNameError("mail template", str(name), known)
    try:
        html = environment.get_template(f"{name}.html.j2").render(context)
        text = environment.get_template(f"{name}.txt.j2").render(context)
    except TemplateError as problem:
        raise MailTemplateError(f"mail template {name!r} does not work: {problem}") from problem
    if missing:
        names = list(dict.fromkeys(missing))
        give = ", ".join(f"{each[1:-1]}=..." for each in names)
        raise MailTemplateError(f"mail template {name!r} needs {', '.join(names)}; pass {give}")
    return text, html


def _link(value: object) -> str:
    """Return the address if a mail may link to it: `javascript:` and its like are refused."""
    text = str(value)
    if not _LINK.fullmatch(text):
        raise MailTemplateError(f"{text!r} is not an http, https or mailto link")
    return text
