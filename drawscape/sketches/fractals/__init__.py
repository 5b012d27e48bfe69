"""Fractals and automata: simple rules applied again and again."""
