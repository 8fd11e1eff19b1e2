"""The articles folder: scanning it, and watching it for changes."""
