"""The playbook as a page to print or send, and as Markdown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from funnelsim.core.harmless import harmless
from funnelsim.documents.playbook import PlaybookDocument
from funnelsim.documents.process_map import MapDocument
from funnelsim.report.pages.map_drawing import MapForms, map_css, map_forms
from funnelsim.report.style.text_layout import typographic
from funnelsim.report.words import playbook_words as words
from funnelsim.report.words.names import plain

#: What would be read as markup in Markdown.
_MARKUP = re.compile(r"([\\`*_\[\]<>|~#])")


def playbook_page(document: PlaybookDocument, drawn: MapDocument | None = None, *, template: str = "") -> str:
    """One self-contained page: no script, nothing loaded from elsewhere.

    Parameters
    ----------
    document : PlaybookDocument
    drawn : MapDocument, optional
        Of the same model, for the picture of the map.
    template : str
        The command that writes a file of texts to fill in, shown where texts are missing.
    """
    picture = None if drawn is None else map_forms(drawn, "links")
    return _rendered("playbook.html.j2", document, template, picture=picture, map_css=map_css())


def playbook_markdown(document: PlaybookDocument, *, template: str = "") -> str:
    """The same as a Markdown file for a wiki."""
    text = _rendered("playbook.md.j2", document, template)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _rendered(
    file: str, document: PlaybookDocument, template: str, picture: MapForms | None = None, map_css: str = ""
) -> str:
    environment = Environment(
        loader=PackageLoader("funnelsim.report"),
        autoescape=".html" in file,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"minus": typographic, "md": escaped, "plain": plain}
    values: dict[str, Any] = {
        "document": document,
        "words": words,
        "template": template,
        "picture": picture,
        "map_css": map_css,
        "file": plain(Path(document.provenance.model).name),
    }
    return harmless(environment.get_template(file).render(values))


def escaped(text: str) -> str:
    """A text on one line with nothing in it that Markdown would read as markup."""
    return _MARKUP.sub(r"\\\1", plain(text))
