"""What changed in any figure between two moments, and which events changed it."""
