"""Work outside the web processes: a queue, a pool of worker processes, and the export service on top."""
