"""The articles folder: ``scanner`` scans it into the catalog, ``watcher`` watches it for changes."""
