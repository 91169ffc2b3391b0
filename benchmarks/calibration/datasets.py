"""The published data sets, and how a folder that holds them becomes histories."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import funnelsim as fs

MAPPINGS = Path(__file__).parents[2] / "docs" / "examples"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """A published data set.

    Attributes
    ----------
    name : str
        Of its folder.
    title, source : str
        What it holds, and who published it where.
    files : tuple of str
        As published, or as the mapping says.
    mapping : str
        In ``docs/examples``.
    caution : str
        Limits of the data, which decide the periods that can be tested.
    """

    name: str
    title: str
    source: str
    files: tuple[str, ...]
    mapping: str
    caution: str

    def missing(self, folder: Path) -> list[str]:
        """Its files that a folder does not hold."""
        return [name for name in self.files if not (folder / self.name / name).is_file()]

    def history(self, folder: Path) -> fs.History:
        """Import it with its worked mapping."""
        return fs.import_history(
            [folder / self.name / name for name in self.files], None, MAPPINGS / self.mapping
        )


SETS = (
    DataSet(
        name="maven_crm",
        title="B2B hardware CRM (a made-up company)",
        source='Maven Analytics, "CRM Sales Opportunities"',
        files=("sales_pipeline.csv", "products.csv"),
        mapping="maven_crm.toml",
        caution="closings are recorded only from March 2017 on",
    ),
    DataSet(
        name="hotel_bookings",
        title="Bookings of two hotels",
        source="Antonio, de Almeida and Nunes, Hotel booking demand datasets, Data in Brief 22, 2019",
        files=("events.csv.gz", "deals.csv.gz"),
        mapping="hotel_bookings.toml",
        caution="bookings are in the file by arrival, from July 2015 to August 2017, so that early and late "
        "pipelines are partly missing",
    ),
    DataSet(
        name="bpi2012",
        title="Loan applications of a bank",
        source="van Dongen, BPI Challenge 2012, 4TU.ResearchData, "
        "doi:10.4121/uuid:3926db30-f712-4394-aebc-75976070e91f",
        files=("BPI_Challenge_2012.xes.gz",),
        mapping="bpi2012.toml",
        caution="the log holds applications made from October 2011 to February 2012, so the first weeks have "
        "no older pipeline and the last two no new applications",
    ),
    DataSet(
        name="olist_funnel",
        title="Leads of a marketplace that become sellers",
        source="Olist, Marketing Funnel by Olist, Kaggle, 2018",
        files=("olist_marketing_qualified_leads_dataset.csv", "olist_closed_deals_dataset.csv"),
        mapping="olist.toml",
        caution="leads end on 31 May 2018; losses are never recorded, and revenue is declared for few wins",
    ),
)
