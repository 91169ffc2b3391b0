"""Roles: who does the same tasks.

Where the export names a role, each rep has the one in which they did most. Else reps whose tasks are alike
stand together: each has a profile, the share of their tasks in each stage; two whose profiles have a cosine
of a half or more are linked, and all who are linked, directly or by others, are a role ("joint activities"
of Song and van der Aalst 2008).

References
----------
Song, M. and van der Aalst, W. M. P. (2008). Towards comprehensive support for organizational mining. Decision
Support Systems 46, 300-317.
"""

from __future__ import annotations

import itertools
import re

import numpy as np
import polars as pl
import scipy
from numpy.typing import NDArray

from funnelsim.history.values.labels import slug

#: Cosine of the profiles of two reps from which on they do the same.
ALIKE = 0.5
_SHORTEST_NAME = 3


def group_reps(work: pl.DataFrame) -> pl.DataFrame:
    """The role of each rep.

    Parameters
    ----------
    work : DataFrame
        `WORK_SCHEMA`; tasks of nobody in particular say nothing.

    Returns
    -------
    DataFrame
        ``rep, group, name``: key and name of the role, a row a rep, larger roles first.
    """
    known = work.drop_nulls("rep")
    told = known.drop_nulls("role")
    if told.height:
        role = told.group_by("rep").agg(pl.col("role").mode().sort().first().alias("group"))
        found = known.select(pl.col("rep").unique().sort()).join(role, on="rep", how="left")
        found = found.with_columns(pl.col("group").fill_null("other"))
    else:
        found = _alike(known)
    counts = (
        known.join(found, on="rep").group_by("group").agg(pl.len().alias("tasks"), pl.col("rep").unique())
    )
    keys: dict[str, str] = {}
    names: dict[str, str] = {}
    for group, _, reps in counts.sort("tasks", "group", descending=[True, False]).iter_rows():
        name = str(group) if told.height else _name(sorted(reps), known.filter(pl.col("rep").is_in(reps)))
        keys[group] = _unlike(slug(name) or "role", keys)
        names[group] = name
    order = list(keys)
    return (
        found.with_columns(
            pl.col("group").replace_strict(keys).alias("key"),
            pl.col("group").replace_strict(names).alias("name"),
            pl.col("group").replace_strict(order, range(len(order)), return_dtype=pl.Int64).alias("place"),
        )
        .sort("place", "rep")
        .select("rep", pl.col("key").alias("group"), "name")
    )


def _alike(known: pl.DataFrame) -> pl.DataFrame:
    counts = known.group_by("rep", "stage").len()
    reps, stages = (counts[name].unique().sort().to_list() for name in ("rep", "stage"))
    tasks = np.zeros((len(reps), len(stages)))
    place = {rep: i for i, rep in enumerate(reps)}, {stage: i for i, stage in enumerate(stages)}
    for rep, stage, number in counts.iter_rows():
        tasks[place[0][rep], place[1][stage]] = number
    groups = linked(tasks)
    return pl.DataFrame(
        {"rep": reps, "group": [f"{group:06d}" for group in groups]}, schema_overrides={"rep": pl.String}
    )


def linked(tasks: NDArray[np.float64]) -> NDArray[np.int64]:
    """Group of each rep whose tasks by stage are given, shape (reps, stages)."""
    profiles = tasks / np.linalg.norm(tasks, axis=1, keepdims=True)
    _, group = scipy.sparse.csgraph.connected_components(
        profiles @ profiles.T >= ALIKE - 1e-12, directed=False
    )
    return np.asarray(group, dtype=np.int64)


def _name(reps: list[str], tasks: pl.DataFrame) -> str:
    """What their names share, as Clerk of Clerk-1 and Clerk-2; else what they do most."""
    pairs = zip(reps[0], reps[-1], strict=False)  # the first and the last in order differ most
    prefix = "".join(a for a, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
    shared = re.sub(r"[\W\d_]+$", "", prefix)
    if len(shared) >= _SHORTEST_NAME and (len(reps) > 1 or shared != reps[0]):
        return shared
    stage = tasks["stage"].value_counts().sort("count", "stage", descending=[True, False])["stage"][0]
    return f"{stage.replace('_', ' ').capitalize()} team"


def _unlike(key: str, keys: dict[str, str]) -> str:
    taken, number, found = set(keys.values()), 2, key
    while found in taken:
        found, number = f"{key}_{number}", number + 1
    return found
