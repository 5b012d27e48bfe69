"""A TrueType font of the tests' own, which they finish and save."""

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

BOX = ((100, 0), (100, 800), (400, 800), (400, 0))


def glyph(corners=()):
    """Return the outline of a letter: a closed shape with these corners, or nothing."""
    pen = TTGlyphPen(None)
    for number, corner in enumerate(corners):
        (pen.lineTo if number else pen.moveTo)(corner)
    if corners:
        pen.closePath()
    return pen.glyph()


def own_font(letters, family="Own", *, capitals=800, bearing=0):
    """Return a font of letters 500 units wide, of 1000 to the em; its H shows how high capitals are."""
    glyphs = {".notdef": glyph(), **letters}
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(list(glyphs))
    builder.setupCharacterMap({ord(name): name for name in letters})
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (500, bearing)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": family, "styleName": "Regular"})
    builder.setupOS2(sCapHeight=capitals)
    builder.setupPost()
    return builder


def box_font(family="Own"):
    """Return a font whose only letter, H, is a box."""
    return own_font({"H": glyph(BOX)}, family, bearing=100)
