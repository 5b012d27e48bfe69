"""The plane cut into cells, each drawn by a rule."""
