"""Kerning as TrueType and OpenType fonts have it: the table GPOS, else the older `kern`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

_PAIRS, _EXTENSION = 2, 9


class Kerning(Protocol):
    """By how much two characters, one after the other, stand further apart; below 0 closer."""

    def get(self, pair: tuple[str, str], /) -> float | None:
        """Return the distance for a pair, None where there is none."""
        ...


@dataclass(frozen=True, eq=False)
class Scaled:
    """Kerning in other units."""

    kerning: Kerning
    scale: float

    def get(self, pair: tuple[str, str], /) -> float | None:
        """Return the distance for a pair, None where there is none."""
        found = self.kerning.get(pair)
        return None if found is None else found * self.scale


def kerning_of(font: Any, names: Mapping[str, str]) -> Kerning:
    """Return the kerning of a fontTools font, in its units; `names` are glyphs by character."""
    pairs = _pair_positions(font)
    if pairs:
        return _Positions(pairs, names)
    characters: dict[str, list[str]] = {}
    for character, name in names.items():
        characters.setdefault(name, []).append(character)
    tables = font["kern"].kernTables if "kern" in font else []
    return {
        (left, right): float(value)
        for table in tables
        for (one, two), value in getattr(table, "kernTable", {}).items()
        for left in characters.get(one, ())
        for right in characters.get(two, ())
    }


def _pair_positions(font: Any) -> list[list[Any]]:
    """Return the subtables that place pairs, for each lookup that the feature `kern` names."""
    table = font["GPOS"].table if "GPOS" in font else None
    if table is None or table.FeatureList is None or table.LookupList is None:
        return []
    features = [f.Feature for f in table.FeatureList.FeatureRecord if f.FeatureTag == "kern"]
    wanted = sorted({index for feature in features for index in feature.LookupListIndex})
    found = []
    for index in wanted:
        subtables = table.LookupList.Lookup[index].SubTable
        inner = [s.ExtSubTable if s.LookupType == _EXTENSION else s for s in subtables]
        found.append([s for s in inner if s.LookupType == _PAIRS])
    return [subtables for subtables in found if subtables]


@dataclass(frozen=True, eq=False)
class _Positions:
    """GPOS as it stands: classes of glyphs make far more pairs than a text ever asks for."""

    lookups: list[list[Any]]
    names: Mapping[str, str]

    def get(self, pair: tuple[str, str], /) -> float | None:
        left, right = self.names.get(pair[0]), self.names.get(pair[1])
        if left is None or right is None:
            return None
        # In each lookup the first subtable that knows the pair decides.
        found = (
            next((v for s in subtables if (v := _advance(s, left, right)) is not None), 0.0)
            for subtables in self.lookups
        )
        return sum(found) or None


def _advance(subtable: Any, left: str, right: str) -> float | None:
    """Return how much further a pair stands apart, None for one that the subtable does not know."""
    if left not in subtable.Coverage.glyphs:
        return None
    if subtable.Format == 1:
        rows = subtable.PairSet[subtable.Coverage.glyphs.index(left)].PairValueRecord
        value = next((row.Value1 for row in rows if row.SecondGlyph == right), None)
        if value is None and all(row.SecondGlyph != right for row in rows):
            return None
    else:
        one = subtable.ClassDef1.classDefs.get(left, 0)
        two = subtable.ClassDef2.classDefs.get(right, 0)
        value = subtable.Class1Record[one].Class2Record[two].Value1
    return float(getattr(value, "XAdvance", 0) or 0)
