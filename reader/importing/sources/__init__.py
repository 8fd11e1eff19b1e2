"""The sources of an import: files, folders, archives, EPUB, feeds, web addresses."""
