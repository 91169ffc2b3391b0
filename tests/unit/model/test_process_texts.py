"""Texts of a process map in a model file: read, written, laid over a model, and without effect on a run."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from funnelsim.core.errors import ModelError
from funnelsim.engines.run import simulate
from funnelsim.model.files.lint_comments import ignores_of
from funnelsim.model.files.model_files import funnel_of, read_funnel, write_model
from funnelsim.model.files.texts_template import texts_template
from funnelsim.model.lint.process.ways_out import no_leads_to
from funnelsim.model.parts import Model

from .made_up_map import spoilt

TEXTS: dict[str, Any] = {
    "process.reviewed": dt.date(2026, 1, 31),
    "process.review_every": "90d",
    "process.phases": ["looking", "consideration"],
    "stages.demo.owner": 'Head of <sales> "EMEA" 日本',
    "stages.demo.exits.lost.no": "later",
    "stages.demo.parent": "sales",
}


def test_texts_are_written_and_read_back(tmp_path: Path) -> None:
    model = spoilt(TEXTS)
    write_model(model, tmp_path / "model.toml")
    assert read_funnel(tmp_path / "model.toml").model == model
    assert 'review_every = "90d"' in (tmp_path / "model.toml").read_text()


def test_texts_do_not_change_a_run() -> None:
    plain, described = (
        simulate(funnel_of(model), days=30, replications=2, seed=3) for model in (spoilt(), spoilt(TEXTS))
    )
    assert plain.provenance.plan_sha256 == described.provenance.plan_sha256
    assert plain.provenance.model_sha256 != described.provenance.model_sha256


def test_a_wrong_text_is_an_error_with_what_is_allowed(tmp_path: Path) -> None:
    write_model(spoilt(TEXTS), tmp_path / "model.toml")
    text = (tmp_path / "model.toml").read_text()
    text = text.replace('no = "later"', 'no = "maybe"').replace("reviewed =", "reviewd =")
    (tmp_path / "model.toml").write_text(text)
    with pytest.raises(ModelError) as raised:
        read_funnel(tmp_path / "model.toml")
    assert "process.reviewd: unknown key; allowed are owner, reviewed, review_every, phases" in str(
        raised.value
    )
    assert "stages.demo.exits.lost.no: expected one of now, later or never, found 'maybe'" in str(
        raised.value
    )


@pytest.mark.parametrize(
    ("stage", "exit_name", "changes", "no"),
    [
        ("demo", "offer", {}, None),
        ("demo", "lost", {}, "now"),
        ("demo", "lost", {"stages.demo.exits.lost.no": "never"}, "never"),
        ("demo", "never", {"stages.demo.exits.never": {"p": 0.1}}, "never"),
        ("offer", "demo", {}, "later"),
        ("offer", "demo", {"goal.books_at": "offer"}, None),
        ("offer", "won", {}, None),
        ("offer", "signed", {"stages.offer.exits.signed": {"p": 0.5}, "goal.books_at": "signed"}, None),
    ],
)
def test_what_a_no_leads_to_follows_from_the_target(
    stage: str, exit_name: str, changes: dict[str, Any], no: str | None
) -> None:
    model = spoilt(changes)
    exits = {"to": exit_name} | changes.get(f"stages.{stage}.exits.{exit_name}", {})
    assert exits["to"] == exit_name
    target = model.stages[stage].exits[exit_name].model_copy(update={"to": exit_name})
    assert no_leads_to(model, stage, target) == no


def test_a_template_laid_over_a_model_changes_nothing_but_its_texts(tmp_path: Path) -> None:
    """The file that people fill in is a model of its own by `include`; a mutant that drops a text fails."""
    write_model(spoilt(TEXTS), tmp_path / "model.toml")
    model = read_funnel(tmp_path / "model.toml").model
    (tmp_path / "texts.toml").write_text(texts_template(model, "model.toml"), encoding="utf-8")
    assert read_funnel(tmp_path / "texts.toml").model == model
    text = (tmp_path / "texts.toml").read_text(encoding="utf-8")
    for name in [
        "department",
        "owner",
        "phase",
        "involves",
        "entry",
        "activities",
        "checklist",
        "buyer_needs",
    ]:
        assert text.count(f"\n{name} = ") == (3 if name == "owner" else 2), name
    (tmp_path / "texts.toml").write_text(text.replace('"Deal desk"', '"Finance"'), encoding="utf-8")
    assert read_funnel(tmp_path / "texts.toml").model.stages["offer"].department == "Finance"


def test_the_comments_of_included_files_count_too(tmp_path: Path) -> None:
    write_model(spoilt(), tmp_path / "model.toml")
    below = tmp_path / "model.toml"
    below.write_text("# lint: ignore[no-target]\n" + below.read_text())
    above = tmp_path / "texts.toml"
    above.write_text('format = 1 # lint: ignore[no-entry]\ninclude = "model.toml"')
    assert [(one.rules, one.path, one.file) for one in ignores_of(above)] == [
        (("no-entry",), "format", ""),
        (("no-target",), "", "model.toml"),
    ]


def test_the_shipped_maps_lack_nothing() -> None:
    from funnelsim.model.lint.process.lint import process_findings

    root = Path(__file__).parents[3]
    for path in (root / "scenarios" / "full_process_map.toml", root / "funnelsim" / "demo" / "process.toml"):
        model: Model = read_funnel(path).model
        assert process_findings(model, ignores_of(path)) == []
    full = read_funnel(root / "scenarios" / "full_process_map.toml").model
    subs = [stage for stage in full.stages.values() if stage.parent]
    assert (len(full.stages) - len(subs), len(subs)) == (14, 24)
    assert len({stage.department for stage in full.stages.values()}) == 5
    assert all(stage.parent in full.stages for stage in subs)
