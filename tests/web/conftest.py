"""A home of its own for each test, the application in this process, the real server around it."""

import threading
from contextlib import contextmanager

import pytest
from waitress import create_server

from drawscape.web import WebSettings, create_app
from drawscape.web.access import home_token


@pytest.fixture
def client(home):
    return create_app(WebSettings(visitor_timeout="60s")).test_client()  # a busy machine


@pytest.fixture
def owner(home):
    """A client that has the home's token."""
    return with_token(create_app(WebSettings()), home_token())


def with_token(app, token):
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client


@pytest.fixture
def order():
    return {"width": 100, "height": 100, "pattern": "spiral", "id": "42"}


@contextmanager
def _serving(settings, *, threads=24):
    options = {"threads": threads, "connection_limit": 400, "asyncore_use_poll": True}
    server = create_server(create_app(settings), host="127.0.0.1", port=0, **options)
    server.url = f"http://127.0.0.1:{server.effective_port}/"
    thread = threading.Thread(target=server.run, name="web server")
    thread.start()
    try:
        yield server
    finally:
        # A request that ends just now wakes the server too: it closes the pipe once we have written into it.
        written, sockets = threading.Event(), server._map
        server.trigger.pull_trigger(lambda: written.wait(15) and server.asyncore.close_all(sockets))
        written.set()
        thread.join(15)
        server.task_dispatcher.shutdown()
        assert not thread.is_alive()


@pytest.fixture
def serving(home):
    """Serve an application on a free port: `with serving(settings) as server`."""
    return _serving


@pytest.fixture
def opened(chromium, pictures, request):
    """Open an address: `with opened(url) as page`; scripts' errors and broken policies fail the test."""

    @contextmanager
    def opening(url, shows="#pattern option", **options):
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        page = context.new_page()
        page.set_default_timeout(60_000)
        complaints = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
        page.goto(url)
        page.wait_for_selector(shows, state="attached")
        yield page
        page.screenshot(path=pictures / f"web-{request.node.name}.png")
        context.close()
        assert not [text for text in complaints if not text.startswith("Failed to load resource")]

    return opening


THREE_LINES = """
from drawscape import settings
from drawscape.svg_builder import SVGBuilder


def draw(output_filename, width, height, **order):
    page = SVGBuilder(width, height)
    with page.layer("black", color="#000000", width=2):
        page.line(20, 20, 80, 20)
        page.line(20, 40, 80, 40)
    with page.layer("red", color="#ff0000", width=2):
        page.line(20, 60, 80, 60)
    path = settings.output_path(output_filename)
    path.write_text(page.to_string())
    return str(path)


def broken(output_filename, **order):
    path = settings.output_path(output_filename)
    path.write_text("<svg")
    return str(path)
"""


TALKING = """
import time
from pathlib import Path

from drawscape.job_manager import current_job


def draw(go="never", **order):
    print("half of it")
    current_job().progress(0.5)
    while not Path(go).exists():
        time.sleep(0.01)
    print("all of it")
"""


@pytest.fixture
def talking(task_module):
    """Settings of a site whose drawings show their progress, and go on once there is a file."""
    task_module("talking_tasks", TALKING)
    modules = ("talking_tasks",)
    return WebSettings(task="talking_tasks.draw", job_modules=modules)


@pytest.fixture
def front(task_module):
    """Settings of a site that draws three lines, or what cannot be read."""
    task_module("line_tasks", THREE_LINES)
    return lambda task="draw": WebSettings(task=f"line_tasks.{task}", job_modules=("line_tasks",))
