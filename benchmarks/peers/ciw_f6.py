"""F6 in Ciw 3.2: a node for each pool of reps, one of endless servers for each stage's dwell.

Where one pool serves many stages, a lead's class is the stage that it is in, and gives its priority.
"""

from __future__ import annotations

from collections import Counter, defaultdict

import ciw

from benchmarks.contender import Contender, Outcome
from benchmarks.peers.counted import Counted, outcome_of
from benchmarks.peers.luck import LOG_MEAN_DWELLS
from tests.oracles import f6

_STAGES = len(f6.STAGES)
_WON = _STAGES + 1  # Ciw's numbers begin at 1: the dwells of the stages, then this, then the pools
_ENDLESS = float("inf")


def _network(staffing: f6.Staffing) -> ciw.Network:
    """All leads are of class ``lead`` unless pools are shared; then of the class of their stage."""
    nodes = _WON + len(staffing.reps)
    shared = len(set(staffing.pool) - {None}) < len(staffing.staffed)
    dwells = [ciw.dists.Lognormal(mean, f6.SIGMA) for mean in LOG_MEAN_DWELLS]

    def entry(place: int) -> int:
        pool = staffing.pool[place] if place < _STAGES else None
        return place + 1 if pool is None else _WON + 1 + pool

    def routers(pool_leads_to: list[int]) -> ciw.routing.NetworkRouting:
        on = [
            ciw.routing.Probabilistic(destinations=[entry(place + 1), -1], probs=[p, 1 - p])
            for place, p in enumerate(f6.P_ON)
        ]
        then = [ciw.routing.Direct(to=node) for node in pool_leads_to]
        return ciw.routing.NetworkRouting(routers=[*on, ciw.routing.Leave(), *then])

    def served_by(efforts: list[float]) -> list[ciw.dists.Distribution]:
        tasks = [ciw.dists.Exponential(1 / effort) for effort in efforts]
        return [*dwells, ciw.dists.Deterministic(0.0), *tasks]

    servers = [*[_ENDLESS] * _WON, *staffing.reps]
    arrivals = [ciw.dists.Exponential(f6.LEADS_PER_DAY), *[None] * (nodes - 1)]
    if not shared:
        places = sorted(staffing.staffed, key=lambda place: staffing.pool[place] or 0)
        return ciw.create_network(
            arrival_distributions=arrivals,
            service_distributions=served_by([staffing.effort_days[place] for place in places]),
            number_of_servers=servers,
            routing=routers([place + 1 for place in places]),
        )
    pools = len(staffing.reps)
    assert pools == 1, "one shared pool is all that F6 has"
    # The class changes as a dwell ends: to that of the next stage, on which the pool's order and task depend.
    changes = [{stage: dict.fromkeys(f6.STAGES, 0.0) for stage in f6.STAGES} for _ in range(nodes)]
    for node, table in enumerate(changes):
        for place, stage in enumerate(f6.STAGES):
            moves = node == place and place + 1 < _STAGES
            table[stage][f6.STAGES[place + 1] if moves else stage] = 1.0
    efforts = [effort or 1.0 for effort in staffing.effort_days]  # of stages without a task: never drawn
    return ciw.create_network(
        arrival_distributions={
            stage: arrivals if place == 0 else [None] * nodes for place, stage in enumerate(f6.STAGES)
        },
        service_distributions={stage: served_by([efforts[place]]) for place, stage in enumerate(f6.STAGES)},
        number_of_servers=servers,
        priority_classes={stage: _STAGES - 1 - place for place, stage in enumerate(f6.STAGES)},
        class_change_matrices=changes,
        routing={stage: routers([place + 1]) for place, stage in enumerate(f6.STAGES)},
    )


def _simulate(network: ciw.Network, staffing: f6.Staffing) -> Counted:
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(f6.DAYS)
    places: dict[tuple[int, str], int] = {}
    for place in staffing.staffed:
        pool = staffing.pool[place]
        assert pool is not None
        for kind in {"Customer", f6.STAGES[place]}:
            places[_WON + 1 + pool, kind] = place
    counted = Counted()
    left: Counter[int] = Counter()
    waits: defaultdict[int, list[float]] = defaultdict(list)
    for record in simulation.get_all_records():
        left[record.node] += 1
        if record.node > _WON:
            waits[places[record.node, record.original_customer_class]].append(record.waiting_time)
    entered = {
        node.id_number: left[node.id_number] + node.number_of_individuals
        for node in simulation.transitive_nodes
    }
    unstaffed = [place + 1 for place in range(_STAGES) if place not in staffing.staffed]
    pools = range(_WON + 1, _WON + 1 + len(staffing.reps))
    counted.visits = sum(entered[node] for node in (*unstaffed, *pools))
    counted.wins = entered[_WON]
    for place, days in waits.items():
        counted.waited_days[place], counted.tasks[place] = sum(days), len(days)
    return counted


def contender(staffing: f6.Staffing = f6.NO_REPS) -> Contender:
    network = _network(staffing)

    def run(first: int, replications: int) -> Outcome:
        ciw.seed(first)
        return outcome_of((_simulate(network, staffing) for _ in range(replications)), staffing)

    return Contender(name="Ciw", run=run, replications=1, checked=20, rounds_at_most=3)
