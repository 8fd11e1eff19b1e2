"""Where things are kept: files by key, SQLite databases, lock files."""
