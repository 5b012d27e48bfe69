"""Tasks that send mail."""

import contextlib
import os
from pathlib import Path
from typing import Any

from drawscape import settings
from drawscape.jobs import JobNotFoundError, current_job, get_job

_PICTURE_DPI = 120  # an A4 sheet is 1,000 pixels wide then: sharp in a mail, and small


def send_notification(
    recipient: str | list[str],
    subject: str,
    template: str,
    *,
    attach: str | list[str] | None = None,
    inline: str | list[str] | None = None,
    **context: Any,
) -> str:
    """Return the Message-ID of the mail that was sent; without a server 'not sent, ... <its file>'.

    `template` is `order_complete`, `drawing_ready`, `job_failed` or one of your own (a folder in
    `DRAWSCAPE_MAIL_TEMPLATES`); `context` fills it. Files under the home or in `DRAWSCAPE_DATA_DIRS` are
    enclosed by `attach`. `inline` shows them in the mail, an SVG as a PNG. The server and all else come
    from the environment: see `drawscape.mail.smtp`. Without one the mail goes to `output/mail/*.eml`.

    `recipient` is one address or several, in a list or separated by commas; all get the same mail.
    Temporary failures (4xx, connection refused or lost) raise MailTemporaryError: with `job_retries`
    and `job_retry_delay` the queue tries again. Permanent ones raise MailRefusedError, and are not
    tried again; so does a server that refuses some of the recipients. Bad addresses, subjects,
    templates and variables raise MailError, MailTemplateError or UnknownNameError.

    One job sends one mail: what a server has accepted is noted, and not sent again when the job runs
    again. A worker that is killed between the server's answer and the note sends it twice. Both have one
    Message-ID, by which most mail programs drop the double. Outside of a worker each call sends a mail.

    >>> send_notification(
    ...     "ada@example.org", "Your rose is ready", "drawing_ready", drawing="rose, seed 5"
    ... )
    'not sent, ....eml'
    """
    from drawscape.mail import Enclosure, MailSettings, send
    from drawscape.mail.notification import check_size

    job = current_job()
    queued_at = None
    with contextlib.suppress(JobNotFoundError):
        queued_at = get_job(job.id).created_at if job.id else None
    mail = MailSettings.of(os.environ)

    def files(given: str | list[str] | None) -> list[Path]:
        names = [given] if isinstance(given, str) else given or ()
        return [settings.readable_path(name) for name in names]

    def picture(path: Path, number: int) -> Enclosure:
        """Return the file as a mail program shows it."""
        cid = f"picture-{number}@drawscape"
        if not _is_svg(path):
            return Enclosure(path.name, path.read_bytes(), cid)
        from drawscape.plot.formats import to_png
        from drawscape.svg.read import read_svg

        return Enclosure(f"{path.stem}.png", to_png(read_svg(path), dpi=_PICTURE_DPI), cid)

    pictures, enclosures = files(inline), files(attach)
    # A drawing's picture is measured with the mail: it is smaller, or larger, than the drawing.
    known = enclosures + [path for path in pictures if not _is_svg(path)]
    # In base64 57 bytes are a line of 76 characters and its end.
    encoded = sum(-(-path.stat().st_size // 57) * 78 for path in known)
    check_size(encoded, mail.max_bytes, ", ".join(repr(path.name) for path in known))
    return send(
        recipient,
        subject,
        template,
        context,
        mail,
        pictures=[picture(path, number) for number, path in enumerate(pictures)],
        enclosures=[Enclosure(path.name, path.read_bytes()) for path in enclosures],
        job_id=job.id,
        queued_at=queued_at,
        accepted=settings.state_folder() / "mail.db",
        outbox=settings.output_folder() / "mail",
        log=job.log,
    )


def _is_svg(path: Path) -> bool:
    return path.suffix.lower() == ".svg"
