"""What an editor can name: files, folders, archives, EPUB, feeds, addresses."""
