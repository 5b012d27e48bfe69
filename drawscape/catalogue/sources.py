"""The source of a notebook's sketch: in the drawing's metadata, or by its address in the home."""

from pathlib import Path

from drawscape import settings
from drawscape.atomic import write_atomic
from drawscape.errors import ProvenanceError
from drawscape.recipe import Provenance, SourceText


def keep_source(source: SourceText | None) -> None:
    """Keep a source that is too long for a file's metadata by its address in the home."""
    if source is not None and source.reference == source.address:
        file = source_file(source.reference)
        if not file.is_file():
            file.parent.mkdir(exist_ok=True)
            write_atomic(file, [source.json.encode()])


def source_file(address: str) -> Path:
    """Return the path in the home of the source with that address."""
    return settings.state_folder() / "sources" / f"{address.partition(':')[2][:64]}.json"


def source_in(provenance: Provenance) -> SourceText | None:
    """Return the source in a drawing, or in the home by the drawing's address for it; None for none.

    It is not run. Raises ProvenanceError when it is damaged, or is not in this home.

    >>> from drawscape.sketches import draw, read_provenance
    >>> source_in(read_provenance(draw("spiral", 50, 50).to_string())) is None
    True
    """
    if not provenance.source:
        return None
    if not provenance.source.startswith("sha256:"):
        return SourceText.of_reference(provenance.source)
    file = source_file(provenance.source)
    if not file.is_file():
        raise ProvenanceError(
            f"the source of {provenance.sketch!r} is too long for the file and is in another home"
        )
    source = SourceText.of_json(file.read_text("utf-8"))
    if source.address != provenance.source:
        raise ProvenanceError(
            f"the source of {provenance.sketch!r} in {file} is not the one that drew it"
        )
    return source
