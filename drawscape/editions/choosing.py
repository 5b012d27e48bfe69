"""Drawings that are least alike, by their look from a distance and by their traits."""

import io
from collections.abc import Sequence

import numpy as np

from drawscape.catalogue import Drawing
from drawscape.errors import EditionError, MissingExtraError
from drawscape.geometry.lines import Floats

_SIDE_PX = 16  # of a picture seen from afar
_FEATURES = 5  # components that distinguish drawings from a distance; more would add details


def least_alike(drawings: Sequence[Drawing], size: int) -> list[Drawing]:
    """Return `size` of these drawings that are least alike, in their order.

    The next one chosen is always the farthest from all before, by `features_of` (Gonzalez 1985). So the
    smallest distance of two is at least half of the largest possible. Raises EditionError for fewer drawings.
    """
    if not 1 <= size <= len(drawings):
        raise EditionError(f"size {size}: give 1 to {len(drawings)}, as many as there are drawings")
    features = features_of(drawings)
    chosen = [int(np.argmax(np.linalg.norm(features, axis=1)))]
    while len(chosen) < size:
        chosen.append(next_farthest(features, chosen))
    return [drawings[index] for index in sorted(chosen)]


def next_farthest(features: Floats, chosen: Sequence[int]) -> int:
    """Return the index of the drawing that is farthest from all chosen ones."""
    distances = np.linalg.norm(features[:, None] - features[[*chosen]], axis=2)
    return int(np.argmax(distances.min(axis=1)))


def features_of(drawings: Sequence[Drawing]) -> Floats:
    """Return the features of drawings, (N, 5) around 0: principal components of pictures and traits.

    Raises MissingExtraError without Pillow.
    """
    looks = np.array([_look(one) for one in drawings])
    parts = [looks, *_trait_columns(drawings)]
    centred = [part - part.mean(axis=0) for part in parts]
    # The picture as a whole counts as much as a trait.
    scaled = [part / max(np.linalg.norm(part), 1e-9) for part in centred]
    left, strengths, _ = np.linalg.svd(np.hstack(scaled), full_matrices=False)
    return (left * strengths)[:, :_FEATURES]


def _look(drawing: Drawing) -> Floats:
    try:
        from PIL import Image
    except ModuleNotFoundError as error:
        raise MissingExtraError("choosing for variety", "png") from error
    with Image.open(io.BytesIO(drawing.thumbnail or b"")) as picture:
        small = picture.convert("RGB").resize((_SIDE_PX, _SIDE_PX), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float64).ravel()


def _trait_columns(drawings: Sequence[Drawing]) -> list[Floats]:
    """Return a table for each trait: its number, or a column for each of its words."""
    names = dict.fromkeys(name for one in drawings for name in one.traits)
    tables = []
    for name in names:
        values = [one.traits.get(name, 0) for one in drawings]
        if all(isinstance(value, int | float) for value in values):
            columns = [values]
        else:
            columns = [[each == value for each in values] for value in dict.fromkeys(values)]
        tables.append(np.array(columns, dtype=np.float64).T)
    return tables
