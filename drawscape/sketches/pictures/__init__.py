"""Pictures: a grey image told in one kind of line."""
