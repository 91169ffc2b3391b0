"""Files of parts: what is damaged, or is not what it says, is refused with one clear error."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from funnelsim.core.errors import InputError
from funnelsim.results.partfile import Asked, part_bytes, read_part
from tests.unit.made_up_runs import run_of

ASKED = Asked(model="m.toml", warmup_days=3.0, period="month")


def good() -> bytes:
    return part_bytes(run_of(deals_won=[[1.0], [2.0], [0.0], [5.0]]), ASKED)


def rebuilt(change: Callable[[dict[str, Any]], object]) -> bytes:
    """A part whose arrays were changed; `about` is a dict meanwhile."""
    with np.load(io.BytesIO(good())) as file:
        arrays: dict[str, Any] = {name: file[name] for name in file.files}
    arrays["about"] = json.loads(str(arrays["about"]))
    change(arrays)
    if isinstance(arrays.get("about"), dict):
        arrays["about"] = np.array(json.dumps(arrays["about"]))
    held = io.BytesIO()
    np.savez_compressed(held, **arrays)
    return held.getvalue()


def with_about(**changed: Any) -> bytes:
    return rebuilt(lambda arrays: arrays["about"].update(changed))


def with_array(name: str, values: Any) -> bytes:
    return rebuilt(lambda arrays: arrays.update({name: values}))


def with_header(shape: str) -> bytes:
    """The wins declare another shape than the file holds."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good())) as old, zipfile.ZipFile(held, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "deals_won.npy":
                at = content.index(b"(4, 1)")
                longer = content[:at] + shape.encode() + content[at + 6 :]
                spare = len(shape) - 6
                content = longer[: at + len(shape)] + longer[at + len(shape) :].replace(b" " * spare, b"", 1)
            new.writestr(name, content)
    return held.getvalue()


def read(content: bytes, tmp_path: Path) -> Any:
    path = tmp_path / "part.npz"
    path.write_bytes(content)
    return read_part(path)


def test_a_part_comes_back_as_it_was(tmp_path: Path) -> None:
    run, asked = read(good(), tmp_path)
    assert asked == ASKED
    assert run.tallies["deals_won"][:, 0].tolist() == [1.0, 2.0, 0.0, 5.0]


DAMAGED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "not a part of a run"),
    "text": (b"not one of ours", "not a part of a run"),
    "cut short": (good()[: len(good()) // 2], "not a part of a run"),
    "another archive": (b"PK\x05\x06" + bytes(18), "not a part of a run"),
    "no about": (rebuilt(lambda a: a.pop("about")), "not a part of a run"),
    "about of numbers": (with_array("about", np.zeros(3)), "not a part of a run"),
    "about that is no JSON": (with_array("about", np.array("{")), "is damaged"),
    "about nested without end": (with_array("about", np.array("[" * 100_000)), "is damaged"),
    "about that is a list": (with_array("about", np.array("[]")), "not a part of a run"),
    "a later format": (with_about(format=2), "is of format 2; this version of funnelsim reads format 1"),
    "keys missing": (rebuilt(lambda a: a["about"].pop("provenance")), "provenance: Field required"),
    "wrong type": (with_about(replications=["0", "4"]), "replications.0: Input should be a valid integer"),
    "no end": (with_about(replications=[0]), "replications"),
    "none at all": (with_about(replications=[4, 4]), "replications 4:4 are empty"),
    "more than it holds": (with_about(replications=[0, 5]), "0:5 are 5, but the provenance says 4"),
    "strange period": (with_about(told={"model": "m", "period": "day"}), "told.period"),
    "windows backwards": (
        with_about(windows=[{"label": "all", "start_day": 9.0, "end_day": 2.0, "complete": True}]),
        "ends on day 2, on or before it starts",
    ),
    "window without end": (
        with_about(windows=[{"label": "all", "start_day": 0.0, "end_day": float("nan"), "complete": True}]),
        "windows.0.end_day",
    ),
    "tally missing": (rebuilt(lambda a: a.pop("bookings")), 'tally "bookings" is missing'),
    "tally of ours no more": (with_array("extra", np.zeros(2)), '"extra" is not a tally'),
    "fewer replications": (with_array("deals_won", np.zeros((3, 1))), 'tally "deals_won" holds float64 of'),
    "integers": (with_array("deals_won", np.zeros((4, 1), np.int64)), 'tally "deals_won" holds int64'),
    "objects": (with_array("deals_won", np.full((4, 1), None, object)), 'tally "deals_won" holds object'),
    "NaN": (
        with_array("deals_won", np.full((4, 1), np.nan)),
        "contains values that are not finite",
    ),
    "below 0": (with_array("deals_won", np.full((4, 1), -1.0)), 'tally "deals_won" holds numbers below 0'),
    "huge shape": (with_header("(4000000000000, 1)"), 'tally "deals_won" holds float64 of shape'),
}


@pytest.mark.parametrize(("content", "said"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_part_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"part\.npz") as caught:
        read(content, tmp_path)
    assert said in str(caught.value)


def test_no_broken_byte_escapes(tmp_path: Path) -> None:
    """Any exception but ours fails it. Catches zlib.error, EOFError, KeyError, UnicodeDecodeError."""
    whole, rng = good(), np.random.default_rng(5)
    refused = 0
    for _ in range(300):
        broken = bytearray(whole)
        for place in rng.integers(len(whole), size=3):
            broken[place] ^= int(rng.integers(1, 256))
        try:
            read(bytes(broken[: int(rng.integers(len(whole) // 2, len(whole) + 1))]), tmp_path)
        except InputError:
            refused += 1
    assert refused > 250


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    def change(arrays: dict[str, Any]) -> None:
        arrays["deals_won"] = np.full((4, 1), np.nan)
        del arrays["entered"]

    with pytest.raises(InputError, match="2 problems") as caught:
        read(rebuilt(change), tmp_path)
    assert len(caught.value.problems) == 2


def test_a_folder_and_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_part(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        read_part(tmp_path / "y.npz")
