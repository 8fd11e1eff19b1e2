"""Pictures: metadata, renditions in several sizes and formats, share cards (Open Graph images)."""
