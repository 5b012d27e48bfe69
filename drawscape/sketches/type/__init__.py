"""Letters in single strokes."""
