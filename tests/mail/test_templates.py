"""Templates are filled in, and nothing in a value breaks out of them."""

import pytest

from drawscape.errors import MailTemplateError, UnknownNameError
from drawscape.mail.notification import render

GIVEN = {"subject": "Ready", "recipient": "u@x.com", "name": "", "pictures": [], "job_id": None}
NEEDED = {
    "order_complete": {},
    "drawing_ready": {"drawing": "spiral.svg"},
    "job_failed": {"task": "workers.svg_tasks.x", "error": "ValueError: no"},
}


@pytest.mark.parametrize("name", NEEDED)
def test_a_built_in_template_has_an_html_and_a_text_part(name):
    text, html = render(name, {**GIVEN, **NEEDED[name]})
    assert html.startswith("<!doctype html>")
    assert "<" not in text
    for value in NEEDED[name].values():
        assert value in text
        assert value in html


def test_values_are_escaped_in_the_html_part():
    order = {"items": [{"name": "<img src=x onerror=alert(1)>"}], "order_id": '"><script>'}
    text, html = render("order_complete", {**GIVEN, **order, "name": "<b>Zoë</b>"})
    for hostile in ("<img src=x", "<script>", "<b>Zoë"):
        assert hostile not in html
    assert "&lt;b&gt;Zoë&lt;/b&gt;" in html
    assert "<b>Zoë</b>" in text


@pytest.mark.parametrize(
    "value",
    [
        "{{ 7 * 7 }}",
        "{% include '_layout.html.j2' %}",
        "{{ ''.__class__.__mro__ }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "${7*7} #{7*7} <%= 7*7 %>",
    ],
)
def test_template_code_in_a_value_stays_text(value):
    text, html = render("drawing_ready", {**GIVEN, "drawing": value})
    assert value in text
    assert "49" not in html.replace(value, "")


def test_every_missing_variable_is_named_at_once():
    with pytest.raises(
        MailTemplateError, match=r"'job_failed' needs 'task', 'error'; pass task=\.\.\."
    ):
        render("job_failed", GIVEN)


def test_an_unknown_template_is_named_with_its_neighbours():
    with pytest.raises(UnknownNameError, match=r"'order_complet'; did you mean 'order_complete'"):
        render("order_complet", GIVEN)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "https://a b", 'https://"x']
)
def test_a_link_that_runs_something_is_refused(url):
    with pytest.raises(MailTemplateError, match="not an http, https or mailto link"):
        render("order_complete", {**GIVEN, "url": url})


def test_a_folder_of_ones_own_comes_first(tmp_path):
    (tmp_path / "order_complete.html.j2").write_text("<p>{{ name }}</p>")
    (tmp_path / "thanks.html.j2").write_text("<p>{{ gift.upper() }}</p>")
    (tmp_path / "thanks.txt.j2").write_text("{{ gift }}")
    assert (
        render("order_complete", {**GIVEN, "name": "<Z>"}, folder=tmp_path)[1] == "<p>&lt;Z&gt;</p>"
    )
    assert render("thanks", {"gift": "pen"}, folder=tmp_path)[1] == "<p>PEN</p>"


@pytest.mark.parametrize(
    "code",
    [
        "{{ x.__class__ }}",
        "{{ x.append(1) }}",
        "{% if %}",
        "{{ y.z }}",
        "{% for a in y %}{% endfor %}",
    ],
)
def test_a_broken_or_unsafe_template_is_named(tmp_path, code):
    (tmp_path / "own.html.j2").write_text(code)
    (tmp_path / "own.txt.j2").write_text("")
    with pytest.raises(MailTemplateError, match="'own'"):
        render("own", {"x": [1]}, folder=tmp_path)
