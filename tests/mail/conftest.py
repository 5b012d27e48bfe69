"""Real mail servers on the loopback: aiosmtpd with TLS and login, and one that misbehaves on cue."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "drawscape", "pen-up"
CERTIFICATE = Path(__file__).with_name("localhost.key")
"""For 127.0.0.1 and localhost until 2120, signed by itself; with its key, which guards nothing else."""


@pytest.fixture(autouse=True)
def home(home):
    """A home in an environment without mail settings, in every test."""
    return home


@dataclass
class Mailbox:
    """What a server took, and what it answers to DATA before it takes anything: 'hang up', 'stall' too."""

    answers: list[str] = field(default_factory=list)
    rcpt_answers: list[str] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    attempts: int = 0

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.rcpt_answers:
            self.attempts += 1
            return self.rcpt_answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        session.host_name = hostname
        if self.answers[:1] == ["hang up at hello"]:
            self.answers.clear()
            server.transport.abort()
        return responses

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.attempts += 1
        if self.answers:
            answer = self.answers.pop(0)
            if answer == "hang up":
                server.transport.abort()
            elif answer == "stall":
                await asyncio.sleep(600)  # until the client is gone
            return answer
        self.envelopes.append(envelope)
        self.sessions.append(session)
        return "250 taken"

    @property
    def mails(self):
        return [message_from_bytes(e.content, policy=default) for e in self.envelopes]


def _check_login(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and [*data] == [USER.encode(), PASSWORD.encode()]
    return AuthResult(success=good, handled=False)


class _Server(Controller):
    """An aiosmtpd server on a free port of the loopback."""

    def __init__(self, mailbox, **options):
        super().__init__(mailbox, hostname="127.0.0.1", port=0, **options)

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


Serve = Callable[..., Mailbox]


@pytest.fixture
def serve(monkeypatch):
    """Start a server of a kind ('starttls', 'ssl', 'none') and point the environment to it."""
    running = []

    def start(security="none", *, login=False, answers=(), rcpt_answers=()):
        mailbox = Mailbox(list(answers), list(rcpt_answers))
        options = {}
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        if security == "ssl":
            options["ssl_context"] = context
        if security == "starttls":
            options |= {"tls_context": context, "require_starttls": True}
        if login:
            options |= dict.fromkeys(("auth_required", "auth_require_tls"), security == "starttls")
            options["authenticator"] = _check_login
        server = _Server(mailbox, **options)
        server.start()
        running.append(server)
        settings = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(server.port)}
        settings |= {"SMTP_SECURITY": security, "MAIL_FROM": "Studio <studio@example.org>"}
        if security != "none":
            monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        if login:
            settings |= {"SMTP_USER": USER, "SMTP_PASSWORD": PASSWORD}
        for name, value in settings.items():
            monkeypatch.setenv(f"DRAWSCAPE_{name}", value)
        return mailbox

    yield start
    for server in running:
        server.stop()
