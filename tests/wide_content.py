"""Bodies of articles that are wider, longer or more deeply nested than a page, by what is wide in them."""

from __future__ import annotations

LONG = "W" * 400


def markdown_table(rows: int, columns: int) -> str:
    """Each cell has a text of its own."""
    head = "|" + "".join(f"头{x}列|" for x in range(columns))
    lines = ["|" + "".join(f"行{y}格{x}|" for x in range(columns)) for y in range(rows)]
    return "\n".join([head, "|" + "---|" * columns, *lines])


def html_table(*rows: str) -> str:
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


NUMBERS = "|".join(f"{n * 7919:,}.{n:02}" for n in range(100_000, 100_012))
INNER = html_table("".join(f"<td>内{n}格</td>" for n in range(20)))
TABLES = {
    "60 columns": markdown_table(20, 60),
    "12 columns": markdown_table(5, 12),
    "12 columns of numbers": f"|{'头|' * 12}\n|{'--:|' * 12}\n|{NUMBERS}|",
    "long word in a cell": f"| 词 | 短 |\n|--|--|\n| {LONG} | 短 |\n| 字 | {'很长的单元格内容' * 60} |",
    "long cell": f"| 甲 | 乙 |\n|--|--|\n| {'长' * 2000} | 短 |",
    "spans": html_table('<td colspan="999" rowspan="999">甲</td><td>乙</td>', "<td>丙</td>"),
    "spans of parts": html_table(
        '<th rowspan="2">名</th>' + "".join(f'<th colspan="4">组{n}的合计数</th>' for n in range(6)),
        "".join(f"<th>第{n}个分项</th>" for n in range(24)),
        "<td>甲</td>" + "".join(f"<td>数{n}值</td>" for n in range(24)),
    ),
    "table in a table": html_table(f"<td>甲</td><td>{INNER}</td>"),
    "tables in tables": "<table><tr><td>层<br>" * 12 + "底" + "</td><td>旁</td></tr></table>" * 12,
    "table in a list": "- 甲\n  - 乙\n\n    " + markdown_table(3, 14).replace("\n", "\n    "),
    "code in a cell": html_table(f"<td><pre>{'x' * 200}</pre></td><td><code>{'y' * 200}</code></td>"),
    "caption": f"<table><caption>{LONG}</caption><tr><td>甲</td></tr></table>",
}
WORDS = {
    "word": "W" * 3000,
    "digits": "1234567890" * 100,
    "heading": f"## {LONG}\n\n### 中文{LONG}中文",
    "list": f"- {LONG}\n\n1. 甲\n\n   {LONG}",
    "quotation": f"> {LONG}",
    "emphasis": f"**{LONG}** *{LONG}* 字（**{LONG}**）“*{LONG}*”",
    "code": f"`{LONG}` 字（`{LONG}`）\n\n```python\n\treturn '{LONG}'\n```\n\n```\n{chr(9) * 80}x\n```",
    "link": f"[{LONG}](https://example.org/) https://example.org/{LONG}",
    "marks": f"{'哈' * 100}{'！' * 300}\n\n{'——' * 200}{'…' * 400}\n\n{'“' * 200}\n\n## {'——' * 60}\n\n{'/' * 400}",
    "no-break spaces": "a\u00a0" * 300 + "\n\n" + "字\u00a0" * 300,
    "definitions": f"<dl><dt>{LONG}</dt><dd>{LONG}</dd></dl><details><summary>{LONG}</summary><p>{LONG}</p></details>",
    "aligned": f"<p align=right>{LONG}</p><p align=center>{LONG}</p><figure><figcaption>{LONG}</figcaption></figure>",
    "small": f"<p><kbd>{LONG}</kbd><sup>{LONG}</sup><sub>{LONG}</sub></p>",
    "ruby": f"<p><ruby>{LONG}<rt>{LONG}</rt></ruby></p>",
    "footnote": f"甲[^1]。\n\n[^1]: {LONG}",
    "callout": f"甲\n\n> [!note] {LONG}\n> {LONG}\n\n乙",
    "poem": f'<p class="poem">{LONG}<br>{LONG}</p>',
    "cyrillic": "Ж" * 400,
}
NESTED = {
    "lists": "".join("  " * depth + f"- 第{depth}层\n" for depth in range(12)),
    "numbered lists": "".join("   " * depth + f"1. 第{depth}层\n" for depth in range(12)),
    "quotations": "\n".join("> " * depth + f"第{depth}层\n" + "> " * depth for depth in range(1, 25)),
}
BODIES = TABLES | WORDS | NESTED
