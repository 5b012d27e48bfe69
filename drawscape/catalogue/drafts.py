"""Drafts: the frames of a drag, in a folder that is not searched for drawings."""

from contextlib import suppress
from pathlib import Path

from drawscape import settings
from drawscape.atomic import write_atomic
from drawscape.catalogue.drawing import Drawing
from drawscape.catalogue.existing import file_name, free_path, reads_the_same
from drawscape.catalogue.index import DRAFTS, index_file, is_edited, provenance_of, record
from drawscape.errors import DrawingNotFoundError, ProvenanceError
from drawscape.recipe import Recipe
from drawscape.svg.read import read_svg

_MOST_DRAFTS = 100


def drafts_folder() -> Path:
    """Return the folder of drafts, which is not searched for drawings."""
    return settings.output_folder() / DRAFTS


def is_draft(path: settings.StrPath) -> bool:
    """Return whether a path is that of a draft.

    >>> is_draft("output/.drafts/spiral-7-0f32ad88.svg"), is_draft("output/spiral.svg")
    (True, False)
    """
    return Path(path).parent.name == DRAFTS


def draft_for(recipe: Recipe) -> Path | None:
    """Return the draft of `recipe`, if it is recent and the files that it read are unchanged."""
    path = drafts_folder() / file_name(recipe)
    try:
        provenance = provenance_of(path)
        content = path.read_bytes()
    except (OSError, ProvenanceError):
        return None
    same = (provenance.request or provenance.recipe) == recipe.request
    unchanged = reads_the_same(provenance.reads) and not is_edited(content, provenance)
    return path if same and unchanged else None


def clear_drafts(most: int = _MOST_DRAFTS) -> None:
    """Remove all drafts but the newest `most`."""
    with suppress(OSError):
        files = [(one.stat().st_mtime_ns, one) for one in drafts_folder().glob("*.svg")]
        for _, old in sorted(files)[: max(len(files) - most, 0)]:
            old.unlink(missing_ok=True)


def keep_draft(path: settings.StrPath, *, sheet: str | None = None) -> Drawing:
    """Return the drawing that a draft becomes: the file moves into `output/` and gets a row.

    A kept drawing of the same name is returned unchanged. Raises DrawingNotFoundError if the draft is
    gone.

    >>> from drawscape.tasks.drawing import generate_complex_svg
    >>> keep_draft(generate_complex_svg(60, 60, "harmonograph", seed=9, draft=True)).seed
    9
    """
    draft = Path(path)
    target = free_path(settings.output_folder() / draft.name)
    try:
        content, provenance = draft.read_bytes(), provenance_of(draft)
    except OSError:
        kept = index_file(target)
        if kept is None:
            raise DrawingNotFoundError(f"the draft {draft} is gone; draw it again") from None
        return kept
    write_atomic(target, [content])
    draft.unlink(missing_ok=True)
    return record(target, provenance, document=read_svg(target), sheet=sheet)
