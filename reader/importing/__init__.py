"""Imports articles from files, folders, archives, feeds and web pages into the articles folder.

sources/       a source -> SourceItems; fetches public addresses only, obeys robots.txt, limits time and size
extraction/    a web page -> the article in it, with title, dates, names and section
drafting.py    a SourceItem -> a Draft; image_downloads.py its pictures; writing.py what its file contains
new_files.py   files that never replace another
duplicates.py  articles that were imported before; importer.py the whole import, with one import_result.py per item
"""
