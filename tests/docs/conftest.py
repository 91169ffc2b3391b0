"""The files that the commands and examples of the documentation find in their folder."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import polars as pl
import pytest

import funnelsim as fs
from funnelsim.cli.commands.demo import AS_OF, PERIOD_END, PERIOD_START
from funnelsim.demo.crm import make_export
from tests.docs.run import run_command

#: A tenth of the deals of `funnelsim demo`: a fit takes three seconds instead of ten.
_SHARE_OF_THE_DEMO = 0.1


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample company: its export under demo/, the same as one table, a history and a fitted model."""
    folder = tmp_path_factory.mktemp("docs")
    text = (resources.files("funnelsim.demo") / "company.toml").read_text(encoding="utf-8")
    text = re.sub(r'(?<=rate = ")[\d.]+', lambda rate: f"{float(rate[0]) * _SHARE_OF_THE_DEMO:g}", text)
    (folder / "company.toml").write_text(text)
    export = folder / "demo" / "export"
    company = fs.read_model(folder / "company.toml")
    make_export(company, export, as_of=AS_OF, period_start=PERIOD_START, period_end=PERIOD_END, seed=1)
    files = [str(export / name) for name in ("stage_history.csv", "deals.csv")]
    mapping = str(export / "mapping.toml")
    run_command(["import", *files, "--mapping", mapping, "--out", str(folder / "history")])
    run_command(["fit", str(folder / "history"), "--out", str(folder / "model.toml")])
    events = pl.read_csv(export / "stage_history.csv").rename(
        {"Deal ID": "deal", "Stage": "stage", "Entered": "entered_at"}
    )
    events.write_csv(folder / "events.csv")
    _one_table(fs.read_history(folder / "history")).write_csv(folder / "deals.csv")
    return folder


def _one_table(history: fs.History) -> pl.DataFrame:
    """A row for each deal with the date of each stage, as a CRM without a history of stages exports it."""
    first = history.visits.group_by("deal", "stage").agg(pl.col("entered").min())
    dates = first.pivot("stage", index="deal", values="entered")
    stages = [f"{stage}_at" for stage in history.meta.stages]
    return (
        history.deals.join(dates, on="deal")
        .rename({stage: f"{stage}_at" for stage in history.meta.stages})
        .select("deal", *stages, "closed", "outcome", "amount", "source", "owner", "account")
        .with_columns(pl.col(*stages, "closed").dt.strftime("%Y-%m-%d"))
        .sort("deal")
    )
