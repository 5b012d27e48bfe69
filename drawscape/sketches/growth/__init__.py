"""Growth: forms that nobody draws, only their rule of growing."""
