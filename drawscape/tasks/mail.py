"""The task that sends mail."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from drawscape import settings
from drawscape.atomic import write_atomic
from drawscape.errors import JobNotFoundError, MailError
from drawscape.jobs import current_job, get_job
from drawscape.parameters import InputFile

if TYPE_CHECKING:
    from drawscape.mail.message import Enclosure

_PICTURE_DPI = 120  # an A4 sheet is 1,000 pixels wide then: sharp in a mail, and small
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
    `DRAWSCAPE_MAIL_TEMPLATES`); `context` fills it. Files under the home or in `DRAWSCAPE_DATA_DIRS` are
    enclosed by `attach`. `inline` shows them in the mail, an SVG as a PNG. A mail has at most 20 MB. The
    server comes from the environment: see `drawscape.mail.smtp`. Without one the mail goes to
    `output/mail/*.eml`.

    Temporary failures (4xx, connection lost) raise MailTemporaryError: with `job_retries` the queue tries
    again. Permanent ones raise MailRefusedError, and are not tried again. Bad addresses, subjects,
    templates and variables raise MailError, MailTemplateError or UnknownNameError.

    One job sends one mail, even when it runs again. Only a worker that is killed between the server's answer
    and our note of it sends it twice. Both have one Message-ID: most mail programs then drop the double.

    >>> send_notification(
    ...     "ada@example.org", "Your rose is ready", "drawing_ready", drawing="rose, seed 5"
    ... )
    'not sent, ....eml'
    """
    from drawscape.mail.message import (
        Enclosure,
        build_message,
        read_recipient,
        read_subject,
        render,
    )  # fmt: skip
    from drawscape.mail.smtp import MailSettings, deliver

    job = current_job()
    mail = MailSettings.of(os.environ)
    address = read_recipient(recipient)
    subject = read_subject(subject)
    shown = _files(inline)
    attached = _files(attach)
    # Before the files are read, which may not fit into the memory. A drawing's picture is smaller.
    raw = [path for path in attached + shown if not _is_svg(path) or path in attached]
    _check_size(sum(path.stat().st_size for path in raw))
    pictures = [_picture(path, number) for number, path in enumerate(shown)]
    enclosures = [Enclosure(path.name, path.read_bytes()) for path in attached]
    given = {"name": address.display_name, "recipient": address.addr_spec, "subject": subject}
    made = {"job_id": job.id, "pictures": pictures}
    name = _name(job.id)
    key = f"<{name}.drawscape@{mail.sender.domain}>"
    parts = render(template, {**given, **context, **made}, folder=mail.templates)
    headers = {"From": mail.sender, "To": address, "Subject": subject, "Message-ID": key}
    message = build_message(headers, *parts, pictures=pictures, enclosures=enclosures)
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


def _is_svg(path: Path) -> bool:
    return path.suffix.lower() == ".svg"


def _picture(path: Path, number: int) -> "Enclosure":
    from drawscape.mail.message import Enclosure
    from drawscape.plot.png_export import to_png
    from drawscape.svg.read import read_svg

    cid = f"picture-{number}@drawscape"
    if not _is_svg(path):
        return Enclosure(path.name, path.read_bytes(), cid)
    return Enclosure(f"{path.stem}.png", to_png(read_svg(path), dpi=_PICTURE_DPI), cid)


def _name(job_id: str | None) -> str:
    """Return a name for the mail: that of its job and the moment when it was queued.

    The moment distinguishes two jobs that were given one id, the second after the first was removed.
    """
    if not job_id:
        return uuid4().hex
    try:
        queued_ms = round(get_job(job_id).created_at.timestamp() * 1000)
    except JobNotFoundError:
        return f"job-{job_id}"
    return f"job-{job_id}-{queued_ms:x}"


def _check_size(size: int) -> None:
    if size > _LARGEST_MAIL_BYTES:
        raise MailError(
            f"the mail has {size:,} bytes with its files; at most {_LARGEST_MAIL_BYTES:,} can be sent"
        )
