"""Commands that every stream shares: correct or strike out an entry, waive a duty, explain a deviation."""
