"""From anywhere into the articles folder: finds the article in a page, reads what is known of it, writes one file.

blocks scoring pruning cleaning    a page's tree → the element that holds the article → clean HTML
markup credits dates metadata      title, dates, people, section, from what the page says and shows
extraction                         both together: ``extract(html, address) -> Found``
encodings                          bytes of any encoding to text
"""
