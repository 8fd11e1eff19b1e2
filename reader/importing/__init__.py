"""Imports articles from files, folders, archives, feeds and web pages into the articles folder.

sources/            a source -> SourceItems; fetches only public addresses, obeys robots.txt, limits time and size
extraction/         a web page -> its article with title, dates, names and section
drafting.py         a SourceItem -> a Draft
image_downloads.py  downloads the pictures of a draft
writing.py          a Draft -> the content of its file
new_files.py        creates files that never replace another file
duplicates.py       finds articles that were imported before
importer.py         the whole import; import_result.py its result for one item
"""
