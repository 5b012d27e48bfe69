"""The task that sends mail."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from drawscape import settings
from drawscape.atomic import write_atomic
from drawscape.errors import MailError
from drawscape.jobs import current_job, get_job_status
from drawscape.mail.message import Enclosure, build_message, read_recipient, read_subject, render
from drawscape.mail.smtp import MailSettings, deliver
from drawscape.parameters import InputFile

_PICTURE_DPI = 120  # an A4 sheet is 1,000 pixels wide: sharp in a mail, and small
_LARGEST_MAIL_BYTES = 20 << 20  # most servers refuse more


def send_notification(
    recipient: str,
    subject: str,
    template: str,
    *,
    attach: InputFile | list[InputFile] | None = None,
    inline: InputFile | list[InputFile] | None = None,
    **context: Any,
) -> str:
    """Return the Message-ID of the mail that was sent; without a server 'not sent, ... <its file>'.

    `template` is `order_complete`, `drawing_ready`, `job_failed` or one of your own (a folder in
    `DRAWSCAPE_MAIL_TEMPLATES`); `context` fills it. `attach` encloses files of the home or
    `DRAWSCAPE_DATA_DIRS`. `inline` shows them in the mail, an SVG as a PNG. A mail has at most 20 MB. The
    server comes from the environment: see `drawscape.mail.smtp`.

    Temporary failures (4xx, connection lost) raise MailTemporaryError, for `job_retries`. Permanent ones
    raise MailRefusedError, and are not retried. Bad addresses, subjects, templates and variables raise
    MailError, MailTemplateError or UnknownNameError.

    One job sends one mail, even when it runs again. Only a worker that is killed between the server's answer
    and our note of it sends it twice. Both have one Message-ID: most mail programs then drop the duplicate.

    >>> send_notification(
    ...     "ada@example.org", "Your rose is ready", "drawing_ready", drawing="rose, seed 5"
    ... )
    'not sent, ....eml'
    """
    job = current_job()
    mail = MailSettings.of(os.environ)
    address, subject = read_recipient(recipient), read_subject(subject)
    shown, attached = _files(inline), _files(attach)
    # Before the files are read, which may not fit into memory. A drawing's picture is smaller.
    raw = [*attached, *(path for path in shown if path.suffix.lower() != ".svg")]
    _check_size(sum(path.stat().st_size for path in raw))
    pictures = [_picture(path, number) for number, path in enumerate(shown)]
    enclosures = [Enclosure(path.name, path.read_bytes()) for path in attached]
    name = _name(job.id)
    key = f"<{name}.drawscape@{mail.sender.domain}>"
    given = {"name": address.display_name, "recipient": address.addr_spec, "subject": subject}
    made = {"job_id": job.id, "pictures": pictures}
    text, html = render(template, {**given, **context, **made}, folder=mail.templates)
    headers = {"From": mail.sender, "To": address, "Subject": subject, "Message-ID": key}
    message = build_message(headers, text, html, pictures, enclosures)
    _check_size(len(message.as_bytes()))
    if mail.host is None:
        path = settings.output_folder() / "mail" / f"{name}.eml"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, [message.as_bytes()])
        answer = f"not sent, since DRAWSCAPE_SMTP_HOST is not set; written to {path}"
        job.log(answer)
        return answer
    note = settings.state_folder() / "mail" / name
    if note.exists():
        job.log(f"{key} was accepted before; not sent again")
        return key
    deliver(message, mail)
    try:
        note.parent.mkdir(exist_ok=True)
        note.touch()
    except OSError as problem:  # the mail is out: to fail now would send it twice
        job.log(f"{key} is sent, but that could not be noted: {problem}")
    job.log(f"{key} accepted by {mail.host}")
    return key


def _files(given: str | Sequence[str] | None) -> list[Path]:
    names = [given] if isinstance(given, str) else given or ()
    return [settings.readable_path(name) for name in names]


def _picture(path: Path, number: int) -> Enclosure:
    """Return a picture for the text; a drawing becomes a PNG."""
    from drawscape.plot.png_export import to_png
    from drawscape.svg.read import read_svg

    cid = f"picture-{number}@drawscape"
    if path.suffix.lower() != ".svg":
        return Enclosure(path.name, path.read_bytes(), cid)
    return Enclosure(f"{path.stem}.png", to_png(read_svg(path), dpi=_PICTURE_DPI), cid)


def _name(job_id: str | None) -> str:
    """Return a name for the mail: its job's id, which may be reused, and when that was queued."""
    if not job_id:
        return uuid4().hex
    moment = get_job_status(job_id)["created_at"]
    return f"job-{job_id}-{moment and round(moment.timestamp() * 1000)}"


def _check_size(size: int) -> None:
    if size > _LARGEST_MAIL_BYTES:
        most = f"at most {_LARGEST_MAIL_BYTES:,} can be sent"
        raise MailError(f"the mail has {size:,} bytes with its files; {most}")
