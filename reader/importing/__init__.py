"""From anywhere into the articles folder: finds the article in a page, reads what is known of it, writes one file.

sources/       what an editor names -> the articles-to-be in it; public addresses only, by robots.txt, within bounds
extraction/    a web page -> the article in it, with title, dates, people and section
drafting images writing   an article-to-be -> a Draft, its pictures -> a file, never over another
duplicates importer                what is there is skipped; a result for each
"""
