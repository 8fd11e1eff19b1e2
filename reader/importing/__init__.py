"""From anywhere into the articles folder: finds the article in a page, reads what is known of it, writes one file.

blocks scoring pruning cleaning    a page's tree → the element that holds the article → clean HTML
markup credits dates metadata      title, dates, people, section, from what the page says and shows
extraction                         both together: ``extract(html, address) -> Found``
encodings                          bytes of any encoding to text
sources archives books feeds       what an editor names → the articles-to-be in it
connecting fetching                public addresses only, by robots.txt, within bounds
drafting images markdown writing   an article-to-be → a Draft, its pictures → a file, never over another
already running                    what is there is skipped; an outcome for each
"""
