"""Storage on disk: atomic writes, a file cache, SQLite databases, lock files, reads with a size limit; also logging."""
