"""A preprocessor of mdBook, for links to files of the project that are no chapters.

A chapter names such a file as people find it who read the chapter on a forge: `../../steps.md#heads`. The book stands beside
the folder of its chapters, so the same path leads to the file from there. But mdBook would write `.html` for `.md`; so the
point is written in another way here, which means the same in an address. A link that leads nowhere is an error.
"""

import json
import re
import sys
from pathlib import Path

LINK = re.compile(r"(?<=\]\()(\.\./[^)#\s]+)(?=[)#])")


def with_links(text, folder):
    """The text of a chapter in `folder` with links out of the book that mdBook leaves alone."""

    def link(match):
        if not (folder / match[1]).exists():
            sys.exit(f"{folder}: the link {match[1]} leads nowhere")
        return re.sub(r"\.md$", "%2Emd", match[1])

    return LINK.sub(link, text)


def walk(item, source):
    """Changes all chapters below."""
    if isinstance(item, list):
        for part in item:
            walk(part, source)
    elif isinstance(item, dict):
        if item.get("path") and "content" in item:
            item["content"] = with_links(item["content"], (source / item["path"]).parent)
        walk(list(item.values()), source)


def main():
    if sys.argv[1:2] == ["supports"]:
        return
    context, book = json.load(sys.stdin)
    walk(book, Path(context["root"]) / context["config"]["book"].get("src", "src"))
    json.dump(book, sys.stdout)


main()
