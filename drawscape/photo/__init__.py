"""A photograph of a plotted sheet: where the sheet lies in it, and which stretches of strokes lack ink.

Arrays in, arrays out. Read `sheet` (what was plotted), `load`, and `corners` (where the sheet may lie).
Then come `placement` (where each point of it lies), `ink` (what is missing), and `heal` (all in one call).
"""
