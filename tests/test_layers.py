"""The architecture: allowed imports, module length, forbidden names."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from reader.cli import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "reader"
MODULES = sorted(PACKAGE.rglob("*.py"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.*"))

LAYERS = [
    {"i18n", "patterns"},
    {"article_corrections", "errors", "models", "setting_values", "site_identity", "urls"},
    {"settings", "storage", "state", "sanitizer", "chinese", "child_process", "http_client"},
    {"formats", "publication_history"},
    {"article_building", "templating", "media"},
    {"library", "catalog"},
    {"importing", "feeds", "exports", "editing", "comments", "backup"},
    {"webmentions"},
    {"jobs"},
    {"mail"},
    {"services"},
    {"web"},
    {"app", "server", "wsgi", "commands", "cli", "__main__"},
]
"""A layer may import itself and those before it in this list, never those after it."""

KNOW_FLASK = {"web", "app"}
CALLS_THE_APP = PACKAGE / "commands" / "static_site.py"
"""It fetches every page through the application, as a browser would."""
FLASK = {"flask", "flask_babel", "werkzeug", "jinja2.ext"}
VAGUE_NAMES = {"base", "common", "handler", "handlers", "helper", "helpers", "manager", "misc", "util", "utils"}
MAY_MAKE_MARKUP = {
    "sanitizer/__init__.py": "cleans it",
    "sanitizer/mathml.py": "puts an attribute, escaped as it is, in place of a formula",
    "catalog/rows.py": "reads back what the sanitizer cleaned",
    "catalog/link_resolution.py": "changes only href of what is clean already",
    "chinese/html_conversion.py": "changes only the text between the tags of what is clean already",
    "article_building/code_highlighting.py": "puts classes around the escaped text of code",
    "exports/body_tree.py": "rearranges what is clean already",
    "library/article_json.py": "reads back what was Markup when it was taken apart",
    "media/images.py": "changes only src, width and height of what is clean already",
    "web/article_page/article_body.py": "puts names, numbers and pictures into what is clean already",
    "web/views/share.py": "a QR code, drawn by us",
    "web/article_page/responsive_images.py": "what its own templates have escaped",
    "comments/comment_html.py": "escapes what visitors wrote, and puts paragraphs, lines and links around it",
    "web/downloads/files_with_comments.py": "what its own template has escaped",
    "web/pages/inline_assets.py": "our own style sheets",
    "web/pages/titles.py": "escapes the parts of a title, and puts <wbr> between them",
    "web/pages/accent_colours.py": "a style sheet with colours computed there",
    "web/http_responses/content_security_policy.py": "our own scripts, and JSON without a <",
}
"""Modules that may create Markup, and why that is safe."""
LONGEST_MODULE = 350
MOST_MODULES = 30
"""In one folder, without ``__init__``."""
LONGEST_PACKAGE = 45_000
"""Lines of code, without blank lines, comments and docstrings."""
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|root|Users|work)/\w")


def _part(module: Path) -> str:
    """The name in LAYERS that *module* belongs to; empty for the ``__init__`` of the package."""
    top = module.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "" if top == "__init__" else top


@cache
def _tree(module: Path) -> ast.Module:
    return ast.parse(module.read_text("utf-8"))


@cache
def _imports(module: Path) -> list[tuple[int, str]]:
    """(line, full dotted name) of every import in *module*, at any depth."""
    return list(_imports_of(module))


def _imports_of(module: Path) -> Iterator[tuple[int, str]]:
    folder = ["reader", *module.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = folder[: len(folder) + 1 - node.level] if node.level else []
            prefix = ".".join([*start, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{prefix}.{alias.name}") for alias in node.names)


def _imported_parts(module: Path) -> Iterator[tuple[int, str]]:
    for line, name in _imports(module):
        words = name.split(".")
        if words[0] == "reader" and len(words) > 1 and _exists(words[1]):
            yield line, words[1]


def _exists(part: str) -> bool:
    return (PACKAGE / part).is_dir() or (PACKAGE / f"{part}.py").is_file()


def _layer(part: str) -> int:
    return next(number for number, parts in enumerate(LAYERS) if part in parts)


def _lines_of_code(module: Path) -> int:
    tree = _tree(module)
    texts = [n for n in ast.walk(tree) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)]
    spoken = {line for text in texts for line in range(text.lineno, text.end_lineno + 1)}
    lines = enumerate(module.read_text("utf-8").splitlines(), 1)
    return sum(
        1 for number, line in lines if number not in spoken and line.strip() and not line.strip().startswith("#")
    )


def _tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def _text(path: Path) -> str:
    """The content of a text file; empty for pictures, fonts and archives."""
    raw = path.read_bytes()
    return "" if b"\0" in raw else raw.decode("utf-8", "replace")


def test_every_module_belongs_to_a_layer():
    known = set().union(*LAYERS)
    assert {_part(module) for module in MODULES} - {""} <= known


def test_the_map_and_the_guide_for_contributors_name_every_part_in_its_layer():
    guide = re.search(r"^i18n .*?(?=^```)", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert [set(layer.split()) for layer in guide[0].splitlines()] == [layer - {"__main__"} for layer in LAYERS]
    layout = ast.get_docstring(ast.parse((PACKAGE / "__init__.py").read_text("utf-8")))
    assert not [part for layer in LAYERS for part in layer - {"__main__"} if not re.search(rf"\b{part}\b", layout)]


def test_a_module_imports_only_its_own_layer_and_those_below():
    upwards = [
        f"{module.relative_to(ROOT)}:{line}: {other}"
        for module in MODULES
        for line, other in _imported_parts(module)
        if _part(module) and _layer(other) > _layer(_part(module))
    ]
    assert not upwards


def test_the_package_itself_imports_nothing_of_its_own():
    assert not [imported for module in MODULES if not _part(module) for imported in _imported_parts(module)]


def test_formats_exports_and_feeds_are_parts_side_by_side():
    sideways = [
        f"{module.relative_to(ROOT)}:{line}"
        for module in MODULES
        for line, other in _imported_parts(module)
        if {_part(module), other} <= {"importing", "feeds", "exports"} and _part(module) != other
    ]
    assert not sideways


def test_only_web_and_app_know_flask():
    wrong = [
        f"{module.relative_to(ROOT)}:{line}: {name}"
        for module in MODULES
        if _part(module) not in KNOW_FLASK and module != CALLS_THE_APP
        for line, name in _imports(module)
        if name.split(".")[0] in FLASK
    ]
    assert not wrong


def test_a_folder_has_a_bounded_number_of_modules():
    counts = Counter(module.parent.relative_to(ROOT) for module in MODULES if module.name != "__init__.py")
    assert {str(folder): count for folder, count in counts.items() if count > MOST_MODULES} == {}


def test_a_module_fits_in_one_reading():
    lines = {str(module.relative_to(ROOT)): len(module.read_text("utf-8").splitlines()) for module in MODULES}
    assert not {name: count for name, count in lines.items() if count > LONGEST_MODULE}


def test_the_package_fits_in_one_head():
    lines = sum(map(_lines_of_code, MODULES))
    assert lines <= LONGEST_PACKAGE, "simplify, or change docs/decisions.md, “How large may reader/ grow?”, and this"


def test_no_name_says_nothing():
    vague = [path for path in _tracked_files() if path.stem in VAGUE_NAMES and path.suffix in {".py", ".js", ".sh"}]
    assert not vague


def test_no_two_modules_bear_one_name():
    """A command is exempt: its file bears the name that a user types, as ``comments``."""
    paths = [module for module in MODULES if not module.name.startswith("__") and module.parent.name != "commands"]
    names = Counter(module.name for module in paths)
    assert not [str(module.relative_to(ROOT)) for module in paths if names[module.name] > 1], "rename one of them"


def test_no_two_classes_bear_one_name():
    classes = [node.name for module in MODULES for node in ast.walk(_tree(module)) if isinstance(node, ast.ClassDef)]
    assert not [name for name, count in Counter(classes).items() if count > 1]


def test_every_module_says_what_it_is_for():
    silent = [
        str(module.relative_to(ROOT))
        for module in MODULES
        if module.name != "__main__.py" and not ast.get_docstring(_tree(module))
    ]
    assert not silent


def test_templates_are_there_and_never_mark_anything_safe():
    assert TEMPLATES
    unsafe = [
        f"{template.relative_to(ROOT)}:{number}"
        for template in TEMPLATES
        for number, line in enumerate(_text(template).splitlines(), 1)
        if re.search(r"\|\s*safe\b|autoescape\s+false", line)
    ]
    assert not unsafe


def test_only_the_sanitizer_and_known_makers_of_markup_make_markup():
    makers = {
        str(module.relative_to(PACKAGE))
        for module in MODULES
        for node in ast.walk(_tree(module))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Markup"
    }
    assert makers <= set(MAY_MAKE_MARKUP), "a str of HTML is enough, or sanitize it; else say here why it is safe"


def test_no_file_names_a_path_of_somebodys_machine():
    named = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in _tracked_files()
        for number, line in enumerate(_text(path).splitlines(), 1)
        if MACHINE_PATH.search(line)
    ]
    assert not named


def test_only_chinese_defines_what_a_han_character_is():
    ranges = re.compile(
        r"\\u(?:3400|4dbf|4e00|9fa5|9fff|f900|faff)|\\U000(?:2|3)[0-9a-f]{4}|[一㐀]-[龥鿿䶿]", re.IGNORECASE
    )
    literal = [
        f"{module.relative_to(ROOT)}:{number}"
        for module in MODULES
        if _part(module) != "chinese"
        for number, line in enumerate(module.read_text("utf-8").splitlines(), 1)
        if ranges.search(line)
    ]
    assert not literal, f"take HAN, is_han or has_han from reader.chinese, or avoid the literal range: {literal}"


def test_no_two_test_files_bear_one_name():
    """pytest imports them by basename: the second one would not run."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert len(names) == len(set(names))


def test_a_command_imports_only_its_own_module_and_the_list_of_commands_is_complete():
    names = {module.stem for module in (PACKAGE / "commands").glob("*.py") if "\ndef command(" in module.read_text()}
    assert {name.rstrip("_") for name in names} == set(COMMANDS)
    program = "import sys; from reader.cli import command_of; command_of('serve'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {"flask", "PIL", "reader.catalog", "reader.exports"} & set(done.stdout.split()) == set()


def test_help_imports_no_command_and_nothing_that_serves():
    program = "import sys; from reader.cli import main; main(['--help'], standalone_mode=False); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    needless = {
        "flask",
        "jinja2",
        "PIL",
        "lxml",
        "asyncio",
        "sqlite3",
        "subprocess",
        "importlib.metadata",
        "babel.dates",
    }
    assert needless & loaded == set()
    assert not [
        name for name in loaded if name.startswith("reader.commands.") and name != "reader.commands.click_localization"
    ]


def test_what_is_loaded_before_a_fork_starts_no_thread_and_opens_no_file(tmp_path):
    """prometheus_client opens the files of its process when it is imported."""
    program = (
        "import sys, os, threading; from pathlib import Path; from reader.settings import Settings;"
        " from reader.server.loaded_application import LoadedApplication;"
        f" folder = Path({str(tmp_path)!r}); before = os.listdir('/proc/self/fd');"
        " loaded = LoadedApplication(Settings(articles=folder / 'articles', instance=folder / 'instance'));"
        " assert loaded.is_current(); assert os.listdir('/proc/self/fd') == before;"
        " assert len(os.listdir('/proc/self/task')) == 1; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "reader.web.views.editor.editor_login" in loaded
    needless = {"prometheus_client", "sqlalchemy", "alembic", "weasyprint", "httpx", "docutils", "yaml", "comrak"}
    needless |= {"reader.formats.from_markdown", "reader.formats.fields.front_matter", "reader.formats.from_text"}
    assert needless & loaded == set()
    assert list(tmp_path.iterdir()) == []


def test_an_export_worker_starts_without_what_makes_the_catalog():
    """Each worker held ten megabytes for the formats of articles, the catalog and the dictionaries of Chinese scripts."""
    program = "import reader.jobs.export_worker, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    needless = {"reader.formats", "reader.article_building", "reader.catalog", "sqlite3", "opencc", "comrak"}
    assert needless & set(done.stdout.split()) == set()


def test_the_program_that_reads_articles_starts_without_what_one_in_markdown_does_not_need():
    """A first scan starts one for each processor core, and each import is paid by each of them."""
    program = (
        "import reader.library.file_reader_child, sys; from reader.formats import FORMATS; FORMATS['.md'];"
        " assert '.docx' in FORMATS; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    needless = {"PIL", "lxml", "babel", "tempfile", "email", "sqlite3", "subprocess"}
    needless |= {"reader.catalog.queries", "reader.library.site_reader"}
    assert needless & loaded == set()
    assert {name for name in loaded if name.startswith("reader.formats.from_")} == {"reader.formats.from_markdown"}


def test_an_export_worker_starts_no_compiler_to_find_a_library():
    program = (
        "import sys; sys.addaudithook(lambda event, what: event == 'subprocess.Popen' and print(what[1]));"
        " from reader.jobs.export_worker import warm_up; warm_up();"
        " import ctypes.util; print(ctypes.util.find_library.__module__)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["ctypes.util"]


def test_a_web_process_starts_without_what_only_some_requests_need():
    """Each of them took a tenth of a second or more of every start."""
    program = "import reader.server.web_process, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    needless = {
        "httpx",
        "sqlalchemy",
        "alembic",
        "httpcore",
        "feedgen",
        "weasyprint",
        "yaml",
        "tomllib",
        "segno",
        "feedparser",
        "urllib.request",
    }
    assert needless & set(done.stdout.split()) == set()


def test_no_view_imports_what_only_some_requests_need(tmp_path):
    """The application imports its views by name, so a program that only names it doesn't show what they import."""
    program = (
        "import sys; from pathlib import Path; from reader.app import create_app; from reader.settings import Settings;"
        f" from reader.services import build_services; folder = Path({str(tmp_path)!r});"
        " create_app(build_services(Settings(articles=folder / 'articles', instance=folder / 'instance')));"
        " print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    needless = {
        "httpx",
        "sqlalchemy",
        "alembic",
        "rich",
        "feedgen",
        "feedparser",
        "chardet",
        "weasyprint",
        "yaml",
        "tomllib",
        "segno",
        "docutils",
    }
    loaded = set(done.stdout.split())
    assert "reader.web.views.editor.editor_login" in loaded
    assert needless & loaded == set()
