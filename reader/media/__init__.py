"""Pictures: their metadata, their renditions in several sizes and formats, share cards."""
