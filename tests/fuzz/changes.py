"""Ways to damage a file: byte by byte, or value by value in what it holds."""

from __future__ import annotations

import copy
import json
import math
import random
from collections.abc import Callable
from typing import Any

#: Values that programs trip over: empty, huge, negative, not finite, other types, other alphabets.
ODD_TEXTS = (
    "", " ", "0", "-1", "1e400", "nan", "inf", "null", "true", "x" * 300, "\x1b[31mred\x1b[0m", "\x07",
    "\u202eabc", "[red]a[/red]", "$x^2$", "=1+1", "@SUM(A1)", "a\nb", "a\tb", "a,b;c", '"', "'", "\\",
    "../../x",
    "/", "日本", "😀", "{}", "[]", "#", "\ufeff", "won", "lost", "2026-02-30", "31/12/2025", "1.500",
    "1,500.00",
    "(12)", "€ 3", "1 day",
)  # fmt: skip
ODD_NUMBERS = (
    0, -1, 1, 2, 0.5, -0.1, 1.0000001, 1e-300, 1e300, -1e300, 1e12, 2**31, 2**63, 2**64, 10**30,
    math.nan, math.inf, -math.inf,
)  # fmt: skip
FACTORS = (-1, 0, 0.5, 1.01, 2, 10, 1e-6, 1e6, 1e30)
ODD_BYTES = (
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xc3(",
    b"\r",
    b"\n\n",
    b'"',
    b",",
    b"\x1b",
    b"=",
    b"[",
    b"-",
    b"0",
    b"9e9",
)


def odd_value(rng: random.Random) -> Any:
    """A value of any type that seldom fits."""
    kinds: tuple[Callable[[], Any], ...] = (
        lambda: rng.choice(ODD_TEXTS),
        lambda: rng.choice(ODD_NUMBERS),
        lambda: rng.choice((True, False)),
        lambda: rng.choice(([], {}, [[]], [None], {"": {}}, ["a", 1])),
    )
    return rng.choice(kinds)()


def changed_bytes(content: bytes, rng: random.Random) -> bytes:
    """The file after one to four changes of single bytes and stretches."""
    held = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(held) + 1)
        length = min(rng.choice((1, 1, 2, 8, 64, 1000)), len(held) - place)
        match rng.randrange(7):
            case 0 if length and rng.random() < 0.3:
                held[place] ^= 1 << rng.randrange(8)
            case 1:
                del held[place : place + length]
            case 2:
                held[place:place] = held[place : place + length]
            case 3:
                held[place:place] = rng.choice(ODD_BYTES)
            case 4 if rng.random() < 0.3:
                del held[place:]
            case 5:
                held[place:place] = rng.choice(ODD_TEXTS).encode()
            case _:
                # One digit for another keeps a file valid more often than not, and goes deepest.
                digits = [spot for spot, byte in enumerate(held) if 48 <= byte <= 57]
                if digits:
                    held[rng.choice(digits)] = rng.randrange(48, 58)
    return bytes(held)


def changed_tree(tree: Any, rng: random.Random, changes: int | None = None) -> Any:
    """A document of tables, lists and values after one to three changes of its structure."""
    tree = copy.deepcopy(tree)
    for _ in range(changes or rng.choice((1, 1, 1, 2, 3))):
        holders = [holder for holder in _holders(tree) if len(holder)]
        if not holders:
            return tree
        _change(rng.choice(holders), holders, rng)
    return tree


def _change(holder: Any, holders: list[Any], rng: random.Random) -> None:
    """One change; half of them only give a number, or a text that is one, another value."""
    key = rng.choice(_keys(holder))
    numbers = [(each, key) for each in holders for key in _keys(each) if _is_number(each[key])]
    if numbers and rng.random() < 0.5:
        holder, key = rng.choice(numbers)
        holder[key] = rng.choice((holder[key] * rng.choice(FACTORS), rng.choice(ODD_NUMBERS)))
        return
    match rng.randrange(7):
        case 0:
            del holder[key]
        case 1 | 2:
            holder[key] = odd_value(rng)
        case 3 if isinstance(holder[key], str):
            place = rng.randrange(len(holder[key]) + 1)
            holder[key] = holder[key][:place] + rng.choice(ODD_TEXTS) + holder[key][place:]
        case 4:
            other = rng.choice(holders)
            holder[key] = copy.deepcopy(other[rng.choice(_keys(other))])
        case 5 if isinstance(holder, dict):
            holder[rng.choice((*ODD_TEXTS, f"{key}_2", f"{key}s"))] = holder.pop(key)
        case _:
            if isinstance(holder, dict):
                holder[f"{key}_copy"] = copy.deepcopy(holder[key])
            else:
                holder.append(copy.deepcopy(holder[key]))


def _keys(holder: Any) -> list[Any]:
    return list(holder) if isinstance(holder, dict) else list(range(len(holder)))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _holders(tree: Any) -> list[Any]:
    below = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    found = [tree] if isinstance(tree, dict | list) else []
    return found + [holder for value in below for holder in _holders(value)]


def toml_text(document: dict[str, Any]) -> str:
    """Any document as TOML, tables inline: odd ones too, which no writer of ours would write."""
    return "".join(f"{json.dumps(str(key))} = {_toml(value)}\n" for key, value in document.items())


def _toml(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return repr(value)
        case int():
            return str(value)
        case dict():
            return "{" + ", ".join(f"{_toml(str(key))} = {_toml(item)}" for key, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(_toml(item) for item in value) + "]"
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case None:
            return '"none"'
        case _:
            return str(value)  # dates and times
