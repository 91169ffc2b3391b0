"""The tables of a CRM in a warehouse are found without being named, and read as files of them are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import polars.testing
import pytest

from funnelsim.core.errors import HistoryError
from funnelsim.history.imports import import_history
from tests.made_up_crm.hubspot import write_hubspot
from tests.made_up_crm.pipedrive import write_pipedrive
from tests.made_up_crm.salesforce import write_salesforce
from tests.made_up_crm.truth import AS_OF

Write = Callable[..., dict[str, Path]]


def as_database(path: Path, files: dict[str, Path], schema: str = "main") -> Path:
    with duckdb.connect(str(path)) as database:
        database.execute(f"create schema if not exists {schema}")
        for file in files.values():
            read = f"read_csv('{file}', all_varchar = true)"
            database.execute(f'create table {schema}."{file.stem}" as from {read}')
    return path


@pytest.mark.parametrize("write", [write_salesforce, write_hubspot, write_pipedrive])
def test_the_tables_of_a_crm_need_no_names(tmp_path: Path, write: Write) -> None:
    """Mutants: the history of changes not among the tables; names compared with capitals and underscores."""
    files = write(tmp_path / "files", number=60)
    path = as_database(tmp_path / "crm.duckdb", files)
    with duckdb.connect(str(path)) as database:
        database.execute("create table campaign (id integer)")
        database.execute("insert into campaign values (1)")
    found = import_history([path], as_of=AS_OF.date())
    expected = import_history(sorted(files.values()), as_of=AS_OF.date())
    assert found.deals.height >= 50
    by = ["deal", "entered", "stage"]
    polars.testing.assert_frame_equal(found.visits.sort(by), expected.visits.sort(by))
    polars.testing.assert_frame_equal(found.deals.sort("deal"), expected.deals.sort("deal"))


def test_of_two_crms_one_is_named(tmp_path: Path) -> None:
    files = write_hubspot(tmp_path / "files", number=40)
    path = as_database(tmp_path / "two.duckdb", files)
    as_database(path, files, schema="old")
    with pytest.raises(HistoryError, match="name one with --table"):
        import_history([path])
