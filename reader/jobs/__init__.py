"""Export jobs: a queue in SQLite, a pool of worker processes, and the export service that web pages call."""
