"""The articles folder: scanning it into the catalog, and watching it for changes."""
