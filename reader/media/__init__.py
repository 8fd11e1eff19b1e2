"""Media of articles: pictures and their renditions in several sizes and formats, share cards (Open Graph images), and
files of sound and video."""
