"""Removes page chrome around the story of a news page that was copied and pasted; ``from_text`` reads the story itself.

line_patterns.py      whole lines that are page chrome, by tables
labels.py             labelled fields: ``来源：…``, ``编辑丨…``, ``【作者】…``
notices.py            sentences that are no story: copyright notices, ``点个在看``
dateline.py           the line with date, source and names
headline.py           which of several lines is the headline, which stands above and below it
lines_above_story.py  section path, headline, date, source, buttons -> StoryHead
lines_below_story.py  the end of the story, and the people named below it -> Tail
"""

from __future__ import annotations
