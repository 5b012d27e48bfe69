"""Pictures: a grey image in one kind of line."""
