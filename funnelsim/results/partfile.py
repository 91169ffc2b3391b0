"""A part of a run as a file (.npz): written, and checked whole before anything is read from it."""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import IO, Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from funnelsim.core.arrays import Floats
from funnelsim.core.errors import InputError, Problem
from funnelsim.core.files.atomic import finish_replacing
from funnelsim.results.provenance import Provenance
from funnelsim.results.run import (
    LEAD_TALLIES,
    PART_TALLIES,
    PARTS,
    ROLE_TALLIES,
    STAGE_TALLIES,
    Run,
    Window,
)

FORMAT = 1
_OURS = "is not a part of a run; funnelsim simulate --out part.npz writes one"
_DAMAGED = "is damaged; simulate this part again"
#: Names of stages, windows and notes: far more than any model has.
_MOST_ABOUT_BYTES = 1 << 26

Count = Annotated[int, Field(ge=0, le=2**62)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, protected_namespaces=())


class _Window(_Strict):
    label: str
    start_day: float
    end_day: float
    complete: bool

    @model_validator(mode="after")
    def _in_order(self) -> _Window:
        if self.end_day <= self.start_day:
            raise ValueError(f"ends on day {self.end_day:g}, on or before it starts")
        return self


class _Provenance(_Strict):
    model: str
    model_sha256: str
    plan_sha256: str
    seed: int
    replications: Count
    engine: str
    version: str


class Asked(_Strict):
    """Options of the command that a run does not store, but that the report of the merged run needs."""

    model: str
    warmup_days: Annotated[float, Field(ge=0)] = 0.0
    period: Literal["week", "month", "quarter", "year"] | None = None


class _About(_Strict):
    format: int
    windows: Annotated[list[_Window], Field(min_length=1)]
    stages: list[str]
    roles: list[str]
    replications: Annotated[list[Count], Field(min_length=2, max_length=2)]
    provenance: _Provenance
    draw_rows: Count
    notes: list[str]
    told: Asked

    @model_validator(mode="after")
    def _whole(self) -> _About:
        first, last = self.replications
        if last <= first:
            raise ValueError(f"replications {first}:{last} are empty")
        if self.provenance.replications != last - first:
            raise ValueError(
                f"replications {first}:{last} are {last - first}, but the provenance says "
                f"{self.provenance.replications}"
            )
        return self

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Of all tallies, by name."""
        each = (self.replications[1] - self.replications[0], len(self.windows))
        return {
            **dict.fromkeys(LEAD_TALLIES, each),
            **dict.fromkeys(PART_TALLIES, (*each, len(PARTS))),
            **dict.fromkeys(STAGE_TALLIES, (*each, len(self.stages))),
            **dict.fromkeys(ROLE_TALLIES, (*each, len(self.roles))),
        }


def part_bytes(run: Run, asked: Asked) -> bytes:
    """The content of a part's file; `asked` comes back from `read_part`. Visits are left out."""
    about = {
        "format": FORMAT,
        "windows": [asdict(window) for window in run.windows],
        "stages": run.stages,
        "roles": run.roles,
        "replications": [run.replications.start, run.replications.stop],
        "provenance": run.provenance.as_json(),
        "draw_rows": run.draw_rows,
        "notes": run.notes,
        "told": asked.model_dump(),
    }
    held = io.BytesIO()
    np.savez_compressed(held, about=np.array(json.dumps(about)), **run.tallies)  # type: ignore[arg-type]
    return held.getvalue()


def read_part(path: Path) -> tuple[Run, Asked]:
    """A part and the options it was simulated with.

    Raises
    ------
    InputError
        If the file was not written by `part_bytes`, is damaged or contradicts itself; lists all problems.
    """
    finish_replacing(path)
    try:
        with zipfile.ZipFile(path) as file:
            about = _about(file, path)
            tallies, problems = _tallies(file, about.shapes)
    except InputError:
        raise
    except FileNotFoundError:
        raise _refuse(path, ["there is no such file"]) from None
    except OSError as error:
        raise _refuse(path, [f"cannot be read: {error.strerror or error}"]) from None
    except zipfile.BadZipFile:
        raise _refuse(path, [_OURS]) from None
    except Exception as error:  # a broken archive may raise any error of zlib, lzma or struct
        raise _refuse(path, [_DAMAGED]) from error
    if problems:
        raise _refuse(path, problems)
    run = Run(
        windows=tuple(Window(**window.model_dump()) for window in about.windows),
        stages=tuple(about.stages),
        roles=tuple(about.roles),
        replications=range(*about.replications),
        tallies=tallies,
        provenance=Provenance(**about.provenance.model_dump()),
        draw_rows=about.draw_rows,
        notes=tuple(about.notes),
    )
    return run, about.told


def _about(file: zipfile.ZipFile, path: Path) -> _About:
    names = file.namelist()
    if "about.npy" not in names or len(set(names)) != len(names):
        raise _refuse(path, [_OURS])
    if file.getinfo("about.npy").file_size > _MOST_ABOUT_BYTES:
        raise _refuse(path, [_DAMAGED])
    with file.open("about.npy") as held:
        shape, dtype = _header(held)
        if shape != () or dtype.kind != "U":
            raise _refuse(path, [_OURS])
        text = str(np.frombuffer(held.read(), dtype)[0])
    document = json.loads(text)
    found = document.get("format") if isinstance(document, dict) else None
    if found != FORMAT:
        message = f"is of format {found}; this version of funnelsim reads format {FORMAT}"
        raise _refuse(path, [message if isinstance(found, int) else _OURS])
    try:
        return _About.model_validate_json(text)
    except ValidationError as error:
        raise InputError(str(path), list(_said(error))) from None


def _tallies(
    file: zipfile.ZipFile, shapes: dict[str, tuple[int, ...]]
) -> tuple[dict[str, Floats], list[str]]:
    """The tallies, and what is wrong with them; each is measured before it is unpacked."""
    names = {name.removesuffix(".npy") for name in file.namelist()} - {"about"}
    problems = [f'tally "{name}" is missing' for name in shapes if name not in names]
    problems += [f'"{name}" is not a tally' for name in sorted(names - set(shapes))]
    tallies = {}
    for name, shape in shapes.items():
        if name not in names:
            continue
        info = file.getinfo(f"{name}.npy")
        with file.open(info) as held:
            found, dtype = _header(held)
            size = 8 * math.prod(shape)
            if dtype != np.float64 or found != shape:
                problems.append(
                    f'tally "{name}" holds {dtype} of shape {found}, expected float64 of shape {shape}'
                )
                continue
            if info.file_size - held.tell() != size:
                problems.append(f'tally "{name}" is cut short')
                continue
            values = np.frombuffer(held.read(), np.float64).reshape(shape)
        if not np.isfinite(values).all():
            problems.append(f'tally "{name}" contains values that are not finite')
        elif name not in PART_TALLIES and values.min(initial=0.0) < 0:
            problems.append(f'tally "{name}" holds numbers below 0')
        tallies[name] = values
    return tallies, problems


def _header(held: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type of an array, as its file says; only what `numpy.savez` writes of ours."""
    if np.lib.format.read_magic(held) != (1, 0):
        raise ValueError("another version of the format")
    shape, by_column, dtype = np.lib.format.read_array_header_1_0(held)
    if by_column and len(shape) > 1:
        raise ValueError("columns first")
    return shape, dtype


def _said(error: ValidationError) -> Iterator[Problem]:
    for one in error.errors():
        where = ".".join(str(step) for step in one["loc"])
        yield Problem(path=where, message=one["msg"].removeprefix("Value error, "))


def _refuse(path: Path, messages: Sequence[str]) -> InputError:
    return InputError(str(path), [Problem(path="", message=message) for message in messages])
