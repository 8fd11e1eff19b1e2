"""The pages of the article editor."""
