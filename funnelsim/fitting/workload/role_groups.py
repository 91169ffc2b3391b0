"""Roles: groups of reps who do the same tasks.

If the export has roles, each rep gets the one of most of their tasks. Otherwise reps with similar tasks form
a role: the profile of a rep is the share of their tasks in each stage; two reps are linked if the cosine of
their profiles is at least one half, and each connected component is a role ("joint activities" of Song and
van der Aalst 2008).

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

#: Least cosine of the profiles of two reps of the same role.
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
    named = known.drop_nulls("role")
    if named.height:
        role = named.group_by("rep").agg(pl.col("role").mode().sort().first().alias("group"))
        result = known.select(pl.col("rep").unique().sort()).join(role, on="rep", how="left")
        result = result.with_columns(pl.col("group").fill_null("other"))
    else:
        result = _alike(known)
    counts = (
        known.join(result, on="rep").group_by("group").agg(pl.len().alias("tasks"), pl.col("rep").unique())
    )
    keys: dict[str, str] = {}
    names: dict[str, str] = {}
    for group, _, reps in counts.sort("tasks", "group", descending=[True, False]).iter_rows():
        name = str(group) if named.height else _name(sorted(reps), known.filter(pl.col("rep").is_in(reps)))
        keys[group] = _unlike(slug(name) or "role", keys)
        names[group] = name
    order = list(keys)
    return (
        result.with_columns(
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
    index = {rep: i for i, rep in enumerate(reps)}, {stage: i for i, stage in enumerate(stages)}
    for rep, stage, number in counts.iter_rows():
        tasks[index[0][rep], index[1][stage]] = number
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
    """Common prefix of the reps' names, such as Clerk for Clerk-1 and Clerk-2; else their main stage."""
    pairs = zip(reps[0], reps[-1], strict=False)  # the first and the last in order differ most
    prefix = "".join(a for a, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
    shared = re.sub(r"[\W\d_]+$", "", prefix)
    if len(shared) >= _SHORTEST_NAME and (len(reps) > 1 or shared != reps[0]):
        return shared
    stage = tasks["stage"].value_counts().sort("count", "stage", descending=[True, False])["stage"][0]
    return f"{stage.replace('_', ' ').capitalize()} team"


def _unlike(key: str, keys: dict[str, str]) -> str:
    taken, number, result = set(keys.values()), 2, key
    while result in taken:
        result, number = f"{key}_{number}", number + 1
    return result
