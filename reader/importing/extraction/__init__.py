"""The article in a web page: the element that holds it, its clean HTML, its metadata."""
