"""Sentences of more than 25 words in what users read: `python tests/sentences.py`, as `make words` does.

Read are README, CHANGELOG, CONTRIBUTING, SECURITY, the pages of the site, the text of the notebooks, the help
of every command, and docstrings. Code in a sentence counts as one word, and so does the address of a link.
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
_LEFT_OUT = ("_gallery", "gallery.md")  # the words of the sketches
_CODE = re.compile(r"^(`{3,}).*?^\1`*$|^% .*?$|<!--.*?-->|^ {4}.*?$", re.DOTALL | re.MULTILINE)
_BLOCK = re.DOTALL | re.MULTILINE
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
        for text in docstrings(file):
            yield str(file.relative_to(ROOT)), text


def docstrings(file):
    """Yield the docstrings of a module, without their examples."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield re.sub(
                r"^>>> .*?(\n\n|\Z)|^ {4}[^\n]*",
                "",
                prose(ast.get_docstring(node) or ""),
                flags=_BLOCK,
            )


def main():
    """Print each sentence that is too long, and end with 1 if there is one."""
    found = [(place, *one) for place, text in texts() for one in too_long(text)]
    for place, count, sentence in found:
        print(f"{place}: {count} words: {sentence}")
    if found:
        sys.exit(f"{len(found)} sentence(s) have more than {MOST_WORDS} words")


if __name__ == "__main__":
    main()
