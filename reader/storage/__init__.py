"""Storage: a file cache by key, SQLite databases, lock files, bounded reads of regular files."""
