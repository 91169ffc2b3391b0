"""The next steps on screen keep the options that the answer was for."""

from __future__ import annotations

from pathlib import Path

import pytest

from .test_staff import MODEL, run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.toml").write_text(MODEL)
    return tmp_path


def _next(*words: object) -> str:
    """The first of the next steps."""
    result = run(*words)
    assert result.exit_code == 0, result.output
    steps = " ".join(result.stdout.replace("\\\n", " ").partition("Next:")[2].split())
    return steps.split("funnelsim ")[1]


@pytest.mark.parametrize("span", [pytest.param("--days 40d", marks=pytest.mark.slow), "--period 2026Q2"])
def test_the_comparison_after_a_sensitivity_is_over_the_same_span(span: str, folder: Path) -> None:
    words = ("sensitivity", "model.toml", *span.split(), "--warmup", "20d", "-n", "100")
    compare = _next(*words)
    assert compare.startswith("compare model.toml --set ")
    assert span in compare
    assert "--warmup 20d" in compare


def test_the_leads_after_hires_that_do_not_reach_it_are_asked_the_same(folder: Path) -> None:
    words = ("--quota", "1m", "--warmup", "20d", "--confidence", "90%")
    reverse = _next("staff", "model.toml", *words, "-n", "100")
    assert reverse.startswith("reverse model.toml ")
    for text in ("--quota 1m", "--warmup 20d", "--confidence 0.9", "--period 2026Q1"):
        assert reverse.count(text) == 1, reverse
