"""Documents of process maps, made up."""

from __future__ import annotations

import random
from typing import Any

from funnelsim.documents.process_map import START, MapDocument, MapStage, Move

NAMES = {"lead": "Lead", "demo": "Demo", "offer": "Offer"}


def stage(key: str, entered: float, won_share: float, days: float | None, **more: Any) -> MapStage:
    return MapStage(stage=key, entered=entered, leads=entered, conversion=won_share, median_days=days, **more)


def move(origin: str, to: str, n: float, share: float, kind: str = "forward", **more: Any) -> Move:
    return Move.model_validate(
        {"from": origin, "to": to, "kind": kind, "n": n, "leads": n, "share": share} | more
    )


def three_stages(**more: Any) -> MapDocument:
    """Without departments; half of the deals are lost at the first stage."""
    return MapDocument(
        command="map",
        name="Acme",
        noun="deal",
        of="history",
        leads=200,
        stage_names=NAMES,
        outcomes=("won", "lost"),
        start="2025-01-01",
        end="2025-12-31",
        stages=(
            stage("lead", 200, 0.5, 2.0, open=4),
            stage("demo", 100, 0.6, 11.0),
            stage("offer", 60, 0.5, 25.0, open=12),
        ),
        moves=(
            move(START, "lead", 200, 1.0, "start"),
            move("lead", "demo", 98, 0.5, median_days=2.0),
            move("lead", "lost", 98, 0.5, "lost"),
            move("demo", "offer", 60, 0.6, median_days=9.0),
            move("demo", "lost", 40, 0.4, "lost"),
            move("offer", "won", 30, 0.5, "won", median_days=20.0),
            move("offer", "lost", 18, 0.3, "lost"),
        ),
        **more,
    )


def six_stages(of: str = "history", **more: Any) -> MapDocument:
    """Like the demo company: three departments, a loop, a skip, a repeat, two outcomes beside the win."""
    names = {
        "inbox": "Inbox",
        "qualified": "Qualified by sales development",
        "discovery": "Discovery call",
        "demo": "Product demo",
        "security": "Security review",
        "proposal": "Proposal and negotiation",
    }
    sdr, ae, legal = "Sales development", "Account executives", "Legal"
    cards: dict[str, Any] = {
        "entry": "The buyer has agreed to a call",
        "activities": "Ask for goals, budget and who decides",
        "checklist": ("Budget named", "Decision maker met"),
        "buyer_needs": "To be understood",
        "owner": "Head of sales",
        "phase": "Consideration",
    }
    model = of == "model"
    aims: dict[str, Any] = {"target_conversion": 0.6, "target_days": 10.0} if model else {}
    rows = [
        stage("inbox", 1204, 0.52, 0.8, department=sdr, open=None if model else 21),
        stage("qualified", 640, 0.61, 4.2, department=sdr, open=None if model else 30),
        stage("discovery", 402, 0.55, 12.0, department=ae, open=None if model else 44, **cards, **aims),
        stage("demo", 251, 0.7, 9.0, department=ae, open=None if model else 20),
        stage("security", 96, 0.83, 31.0, department=legal, open=None if model else 12),
        stage("proposal", 214, 0.44, 22.0, department=ae, open=None if model else 37),
    ]
    scale = 100 / 1204 if model else 1.0
    rows = [
        row.model_copy(update={"entered": (row.entered or 0.0) * scale, "leads": (row.leads or 0.0) * scale})
        for row in rows
    ]
    moves = [
        (START, "inbox", 1180, 0.98, "start", None),
        (START, "discovery", 24, 0.02, "start", None),
        ("inbox", "qualified", 622, 0.52, "forward", 0.7),
        ("inbox", "lost", 561, 0.47, "lost", 1.5),
        ("qualified", "discovery", 372, 0.61, "forward", 4.0),
        ("qualified", "lost", 160, 0.26, "lost", 6.0),
        ("qualified", "nurture", 78, 0.13, "ended", 6.0),
        ("discovery", "demo", 198, 0.55, "forward", 11.0),
        ("discovery", "inbox", 18, 0.05, "back", 40.0),
        ("discovery", "discovery", 12, 0.03, "repeat", 14.0),
        ("discovery", "lost", 130, 0.36, "lost", 19.0),
        ("demo", "security", 96, 0.42, "forward", 8.0),
        ("demo", "proposal", 65, 0.28, "skip", 9.0),
        ("demo", "lost", 70, 0.3, "lost", 15.0),
        ("security", "proposal", 70, 0.83, "forward", 30.0),
        ("security", "demo", 6, 0.07, "back", 35.0),
        ("security", "lost", 8, 0.1, "lost", 50.0),
        ("proposal", "won", 78, 0.44, "won", 20.0),
        ("proposal", "demo", 14, 0.08, "back", 33.0),
        ("proposal", "lost", 85, 0.48, "lost", 41.0),
        ("demo", "won", 3, 0.013, "won", 5.0),
    ]
    outcomes = ("won", "lost", "nurture")
    return MapDocument(
        command="map",
        name="Acme",
        of=of,
        leads=100 if model else 1204,
        stage_names=names,
        outcomes=outcomes,
        outcome_names={"nurture": "Later"},
        stages=tuple(rows),
        moves=tuple(
            move(a, b, round(n * scale, 3), share, kind, median_days=days)
            for a, b, n, share, kind, days in moves
        ),
        **({} if model else {"start": "2025-01-01", "end": "2025-12-31"}),
        **more,
    )


def with_unknown_moves() -> MapDocument:
    """Compared with a model that knows neither the direct win nor the return to the inbox."""
    document = six_stages(hidden={"moves": 3, "leads": 41, "min_share": 0.01})
    unknown = {("demo", "won"), ("discovery", "inbox"), ("inbox", "lost")}
    moves = tuple(
        one.model_copy(update={"meant": (one.origin, one.to) not in unknown}) for one in document.moves
    )
    return document.model_copy(
        update={"moves": moves, "filters": {"segment": "Enterprise", "rep": "A. Reyes"}}
    )


def long_map(seed: int = 5) -> MapDocument:
    """Fourteen stages in four departments, eight of them groups of three sub-stages, names of 60 letters."""
    chance = random.Random(seed)
    departments = ("Marketing", "Sales development", "Account executives", "Legal and customer onboarding")
    names: dict[str, str] = {}
    rows: list[MapStage] = []
    titles = (
        "Qualification of the need with everybody who has to agree",
        "Technical validation by the customer's own experts",
        "Commercial negotiation, discounts and payment terms",
        "Discovery",
        "Security and data protection review of the whole contract",
    )
    for k in range(14):
        department = departments[min(k // 4, 3)]
        key = f"s{k}"
        names[key] = f"{k + 1}. {titles[k % 5]}"[:60]
        if k in (1, 2, 4, 5, 7, 9, 11, 12):
            rows.append(MapStage(stage=key, department=department))
            for part, title in zip(
                "abc", ("Prepare", "Meet the buying committee", "Agree on next steps"), strict=True
            ):
                names[key + part] = f"{title} ({k + 1}{part})"
                rows.append(MapStage(stage=key + part, department=department, parent=key))
        else:
            rows.append(MapStage(stage=key, department=department))
    keys = [row.stage for row in rows if f"{row.stage}a" not in names]
    return _filled(chance, rows, keys, names, jumps=14, far=6)


def _filled(
    chance: random.Random, rows: list[MapStage], keys: list[str], names: dict[str, str], jumps: int, far: int
) -> MapDocument:
    """Numbers and moves for some stages, the moves at random but for the way straight on."""
    left, moves = 2400.0, [move(START, keys[0], 2400.0, 1.0, "start")]
    numbers: dict[str, MapStage] = {}
    for k, key in enumerate(keys):
        days = round(chance.lognormvariate(1.8, 1.0), 1)
        go_on = chance.uniform(0.8, 0.97)
        numbers[key] = MapStage(
            stage=key,
            entered=round(left),
            leads=round(left),
            median_days=days,
            conversion=go_on,
            open=chance.choice([None, 3, 48]),
        )
        to = keys[k + 1] if k + 1 < len(keys) else "won"
        moves.append(
            move(key, to, round(left * go_on), go_on, "won" if to == "won" else "forward", median_days=days)
        )
        for outcome in chance.sample(
            ["lost", "no_budget", "duplicate", "nurture"], chance.choice([0, 1, 1, 2])
        ):
            moves.append(
                move(key, outcome, round(left * 0.02), 0.02, "lost" if outcome == "lost" else "ended")
            )
        left *= go_on
    for _ in range(jumps):
        a = chance.randrange(len(keys))
        b = min(max(a + chance.randint(-far, far), 0), len(keys) - 1)
        if b != a + 1:
            kind = "repeat" if a == b else "skip" if b > a else "back"
            moves.append(move(keys[a], keys[b], chance.choice([3, 25, 140]), 0.04, kind, median_days=5.0))
    stages = tuple(
        row.model_copy(
            update={k: v for k, v in numbers[row.stage] if k in numbers[row.stage].model_fields_set}
        )
        if row.stage in numbers
        else row
        for row in rows
    )
    outcomes = ("won", *sorted({one.to for one in moves if one.kind in ("lost", "ended")}))
    return MapDocument(
        command="map",
        name="Globex",
        leads=2400,
        stage_names=names,
        stages=stages,
        moves=tuple(moves),
        outcomes=outcomes,
        start="2025-01-01",
        end="2025-12-31",
    )


def random_map(seed: int) -> MapDocument:
    """Any number of stages, departments in any order, groups, and many jumps."""
    chance = random.Random(seed)
    size = chance.choice([1, 2, 3, 5, 8, 13, 21, 34])
    departments = chance.choice([("",), ("Sales", "Legal"), ("A", "", "C" * 80, "客户成功团队")])
    words = [
        "Demo",
        "合同审查",
        "W" * 45,
        "Überprüfung der Verträge",
        "a b c d e f",
        '<b>Offer</b> & "more"',
        "x" * 200,
    ]
    names, rows = {}, []
    group = ""
    for k in range(size):
        key = f"k{k}"
        names[key] = " ".join(chance.choice(words) for _ in range(chance.choice([1, 1, 2, 4])))
        if chance.random() < 0.4:
            group = chance.choice(["", "Group one", "A group with quite a long name of its own"])
        rows.append(MapStage(stage=key, department=chance.choice(departments), parent=group))
    return _filled(
        chance, rows, [f"k{k}" for k in range(size)], names, jumps=chance.choice([0, 3, 12, 40]), far=size
    )


DOCUMENTS = {
    "three": three_stages(),
    "six": six_stages(),
    "model": six_stages("model"),
    "unknown": with_unknown_moves(),
    "long": long_map(),
    "no moves": MapDocument(command="map", stages=(MapStage(stage="a"), MapStage(stage="b"))),
    "nothing": MapDocument(command="map"),
}
