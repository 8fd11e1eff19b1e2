"""Finds page chrome and metadata around the story of a copied news page. ``from_text`` reads the story itself.

line_patterns.py      whole lines that are page chrome, by tables
labels.py             labelled fields: ``来源：…``, ``编辑丨…``, ``【作者】…``
notices.py            sentences that are not part of the story: copyright notices, ``点个在看``
dateline.py           the line with date, source and names
account_lines.py      the account that published a copy
headline.py           several lines -> kicker, headline and subtitle
lines_above_story.py  section path, headline, date, source, buttons -> StoryHead
lines_below_story.py  the end of the story, and the people named below it -> Tail
"""

from __future__ import annotations
