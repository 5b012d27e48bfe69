"""A photograph of a plotted sheet: where the sheet lies in it, and which stretches of strokes lack ink.

Arrays in, arrays out. Read `sheet` (the plotted strokes), `load`, and `corners` (where the sheet may be).
Then read `placement` (the position of each point), `ink` (the missing ink), and `heal` (all in one call).
"""
