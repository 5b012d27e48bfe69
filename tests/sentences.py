"""Long sentences and rare phrases in what users read: `python tests/sentences.py`, as `make words` does.

A sentence has at most 25 words. Read are README, CHANGELOG, CONTRIBUTING, SECURITY, the pages of the site,
the text of the notebooks, the help of every command, docstrings and messages. Code in a sentence counts as
one word, and so does the address of a link.
"""

import ast
import re
import sys
from pathlib import Path

import nbformat
from support import commands

from drawscape.cli.root import root

ROOT = Path(__file__).parents[1]
MOST_WORDS = 25
PHRASES = {
    r"as far as": "up to, if",
    r"of (its|their) own": "another, separate",
    r"(is|are) to be": "must be, will be",
    r"cannot be had": "unavailable",
    r"is whole|whole or absent": "is OK, complete",
    r"for want of": "without",
    r"a look": "an overview, a check",
    r"shall": "must",
    r"had finished before": "has already finished",
    r"is started still": "is still running",
    r"runs beside it": "was started",
    r"where each (cell|one) comes from": "sources",
    r"why it is so": "how it works",
    r"nothing more will happen to": "is in a final state",
    r"as a matter of course": "always",
    r"what was known of": "name it: reach, origin, ...",
    r"(when|where) there is none": "if it does not exist",
    r"is none that": "is not one that",
    r"that is none": "unknown, malformed",
    r"of ours": "ours, Drawscape's",
    r"what (is|was) asked for": "the arguments, the request",
    r"what stands|what comes (behind|after)|there is to see": "name the thing",
    r"as it stands": "unchanged",
    r"write down": "save, add",
}
"""What makes a reader stop, and what to write; single words are in tests/words.txt."""

_RARE = [(re.compile(rf"\b(?:{one})\b", re.IGNORECASE), better) for one, better in PHRASES.items()]
ORDERS = (
    *("Take", "Let", "Say", "Keep this", "Make the", "Draw", "Give", "Put", "Write", "Listen"),
    *(
        "List",
        "Set",
        "Go",
        "Find",
        "Start",
        "Turn",
        "Move",
        "Search",
        "Scale the",
        "Leave",
        "Do not",
    ),
)
"""How no help of an option begins: an option is a thing, and a flag says what it switches on."""

_SAY = {
    *("echo", "secho", "confirm", "complain", "warn", "warning", "error", "info", "log"),
    *("BadParameter", "UsageError", "ClickException"),
}
"""Functions that show a message; so does each error that is raised."""

_LEFT_OUT = ("_gallery", "gallery.md")  # the words of the sketches
_BLOCK = re.DOTALL | re.MULTILINE
_CODE = re.compile(r"^(`{3,}).*?^\1`*$|^% .*?$|<!--.*?-->|^ {4}.*?$", _BLOCK)
_EXAMPLE = re.compile(r"^>>> .*?(\n\n|\Z)|^ {4}[^\n]*", _BLOCK)
_END = re.compile(
    r"(?<=[.!?])[\"')*\]]*\s+(?=[A-Z\"'(`*\[0-9])|:\s*\n|\n\s*\n|\s\|\s|\n(?=[-*#|>]|\d+\. )"
)


def prose(markdown):
    """Return a page's words, each piece of code and each link as one."""
    text = _CODE.sub("\n\n", markdown)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"`+[^`]+`+", "`code`", text)


def too_long(text):
    """Yield each sentence that is too long, with its number of words."""
    for sentence in _END.split(text):
        words = re.findall(r"[^\s|*#>–-]\S*", sentence)
        if len(words) > MOST_WORDS:
            yield len(words), " ".join(words)


def texts():
    """Yield what users read, with the place where it stands."""
    pages = [ROOT / f"{name}.md" for name in ("README", "CHANGELOG", "CONTRIBUTING", "SECURITY")]
    pages += sorted((ROOT / "notebooks" / "pages").rglob("*.md"))
    for page in pages:
        if not any(part in _LEFT_OUT for part in page.parts):
            yield str(page.relative_to(ROOT)), prose(page.read_text("utf-8"))
    for file in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in nbformat.read(file, 4).cells:
            if cell.cell_type == "markdown":
                yield str(file.relative_to(ROOT)), prose(cell.source)
    for name, command in commands(root, "drawscape "):
        for words in (command.help, *(getattr(one, "help", None) for one in command.params)):
            yield f"{name} --help", prose(words or "")
    for file in sorted((ROOT / "drawscape").rglob("*.py")):
        for text in (*docstrings(file), *messages(file)):
            yield str(file.relative_to(ROOT)), text


def docstrings(file):
    """Yield the docstrings of a module, without their examples."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield _EXAMPLE.sub("", prose(ast.get_docstring(node) or ""))


def messages(file):
    """Yield the texts of a module's errors and of what it prints; a value in one counts as a word."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        called = getattr(node, "func", None)
        name = getattr(called, "attr", getattr(called, "id", ""))
        if isinstance(node, ast.Raise) or name in _SAY:
            pieces = set()
            for part in ast.walk(node):  # an f-string comes before its pieces
                if isinstance(part, ast.JoinedStr):
                    pieces |= {*part.values}
                    yield "".join(
                        str(one.value) if isinstance(one, ast.Constant) else "x"
                        for one in part.values
                    )
                elif isinstance(part, ast.Constant) and part not in pieces:
                    yield str(part.value)


def orders(group):
    """Yield each option below `group` whose help begins with an order, and what it says."""
    for name, command in commands(group, "drawscape "):
        for option in command.params:
            words = getattr(option, "help", None) or ""
            if words.startswith(tuple(f"{order} " for order in ORDERS)):
                yield f"{name} {option.opts[-1]}: name a thing, not an order: {words}"


def problems(text):
    """Yield what a reader stops at: each sentence that is too long, and each rare phrase."""
    for count, sentence in too_long(text):
        yield f"{count} words, at most {MOST_WORDS}: {sentence}"
    for rare, better in _RARE:
        for one in rare.finditer(text):
            around = " ".join(text[max(0, one.start() - 40) : one.end() + 40].split())
            yield f"{one[0]!r}, write {better}: ... {around} ..."


def main():
    """Print each sentence that is too long, rare phrase and order; end with 1 if there is one."""
    found = [f"{place}: {one}" for place, text in texts() for one in problems(text)]
    found += orders(root)
    if found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()
