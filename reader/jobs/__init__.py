"""Export jobs: a queue in SQLite, a pool of worker processes, the export service that web pages call,
and pictures drawn from text."""
