"""Build the document of a playbook."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from funnelsim import __version__
from funnelsim.documents.playbook import Lack, PlaybookDocument
from funnelsim.documents.shared import Provenance
from funnelsim.model.files.model_files import Funnel
from funnelsim.model.lint.model import expected
from funnelsim.model.lint.process.finding import has_texts
from funnelsim.model.lint.process.grouped import by_rule
from funnelsim.model.lint.process.ignores import Ignore
from funnelsim.model.lint.process.lint import process_findings
from funnelsim.model.parts import Model
from funnelsim.processmap.playbook.cards import cards_of
from funnelsim.processmap.playbook.contradictions import contradictions
from funnelsim.processmap.playbook.departments import departments_of

if TYPE_CHECKING:
    import polars as pl


def playbook(
    funnel: Funnel,
    *,
    today: dt.date,
    ignores: Sequence[Ignore] = (),
    visits: pl.DataFrame | None = None,
) -> PlaybookDocument:
    """The playbook of a model.

    Parameters
    ----------
    funnel : Funnel
    today : date
        Whether the review is overdue.
    ignores : sequence of Ignore
        Comments of the model file that switch rules of the lint off.
    visits : DataFrame, optional
        Of the model's history, for the rules that compare map and data.
    """
    model = funnel.model
    cards = cards_of(model)
    also = None if visits is None else contradictions(model, visits)
    findings = process_findings(model, ignores, also=also)
    due = _review_due(model)
    wins = expected(model).wins_per_lead if any(s.rate for s in model.sources.values()) else None
    return PlaybookDocument(
        format=1,
        command="playbook",
        provenance=Provenance(model=str(funnel.path or ""), model_sha256=funnel.sha256, version=__version__),
        name=model.name,
        noun=model.noun,
        currency=model.currency,
        amount_is=model.amount_is,
        stage_names={key: stage.name for key, stage in model.stages.items() if stage.name},
        role_names={key: role.name for key, role in model.roles.items() if role.name},
        as_of=today,
        warnings=(),
        owner=model.process.owner,
        reviewed=model.process.reviewed,
        review_due=due,
        overdue_days=(today - due).days if due is not None and today > due else None,
        described=has_texts(model),
        wins_per_100=None if wins is None else 100 * wins,
        outcome_names={"never": "never leaves"},
        cards=cards,
        departments=departments_of(cards),
        lacks=tuple(
            Lack(
                rule=group.rule.id,
                words=group.words(len(model.stages), None),
                mend=group.rule.mend,
                paths=tuple(finding.path for finding in group.findings),
            )
            for group in by_rule(findings)
        ),
    )


def _review_due(model: Model) -> dt.date | None:
    process = model.process
    if process.reviewed is None or process.review_every is None:
        return None
    try:
        return process.reviewed + dt.timedelta(days=process.review_every)
    except OverflowError:  # every ten thousand years
        return None
