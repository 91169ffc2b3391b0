"""Every code block of README and docs runs, each page from top to bottom in a folder of its own."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import LANGUAGES, PAGES, ROOT, blocks, name_of
from tests.docs.run import run_block

_LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=name_of)
def test_the_blocks_of_a_page_run(
    page: Path, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(sample, tmp_path, dirs_exist_ok=True)
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    monkeypatch.chdir(tmp_path)
    # Most users do not have it, and its first use compiles for ten seconds.
    monkeypatch.setitem(sys.modules, "statsforecast.models", None)
    names: dict[str, Any] = {}
    for block in blocks(page):
        assert block.language in LANGUAGES, f'{name_of(page)}:{block.line}: what is "{block.language}"?'
        if block.runs:
            run_block(block, names, name_of(page))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    for target in _LINK.findall(page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        assert there.exists(), f"{name_of(page)} links to {target}"
        if anchor:
            assert anchor in _anchors(there), f"{name_of(page)} links to {target}"


def _anchors(page: Path) -> set[str]:
    """Headings as GitHub names them: small letters, hyphens for spaces, without punctuation."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
