"""Small files of the tests' own, read."""

from drawscape.svg.read import read_svg

NS = (
    'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"'
)
PAGE = 'width="100mm" height="100mm" viewBox="0 0 100 100"'
LINE = '<path d="M0,0L10,0"/>'


def file(body, page=PAGE, before=""):
    """Return the text of a file: by itself a unit is a millimetre, and the page 100 of them."""
    return f"{before}<svg {NS} {page}>{body}</svg>"


def read(body, page=PAGE, **options):
    return read_svg(file(body, page), **options)
