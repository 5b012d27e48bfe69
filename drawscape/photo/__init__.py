"""A photograph of a plotted sheet: the sheet's place in it, and the stretches of strokes without ink.

Arrays in, arrays out. Read `sheet` (the plotted strokes), `load`, and `corners` (where the sheet may be).
Then read `placement` (the position of each point), `ink` (the missing ink), and `heal` (all in one call).
"""
