"""How many futures each part of the analysis simulates, by the number of leads of a future.

A future with more leads costs more and has less chance, relative to its mean: what counts is the number of
leads. The budgets keep the whole analysis under a minute on two cores, for models of up to some 100
parameters and 10,000 leads in a period. They depend on the model alone, never on the speed of a machine.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Leads over all variants of a part. A lead costs 0.04 to 0.2 microseconds: 6 to 24 stages, without and
#: with work.
_ELASTICITY_LEADS, _SOBOL_LEADS, _SET_LEADS = 40_000_000, 60_000_000, 30_000_000
#: Fewest futures of a variant: a t interval needs some tens, and the estimator of Sobol indices some pairs.
_LEAST_ELASTICITY, _LEAST_SOBOL = 40, 10
#: Most futures: a tenth of all for elasticities, whose random draws are those of the base, and 50 at each
#: point of the Sobol indices, whose estimator removes what is left of chance.
_TENTH, _MOST_SOBOL = 10, 50
#: For a product of five parameters, total indices have a standard deviation of 0.01 with 128 points, and of
#: 0.02 with 64; with 32 they only rank the parameters.
_POINTS, _FEWER_POINTS, _FEWEST_POINTS = 128, 64, 32
#: Who asks for fewer futures than this wants a first look.
_FIRST_LOOK = 1000
#: Parameter draws of an elasticity: its interval has as many degrees of freedom.
_DRAWS = 100
#: Parameter sets from the ranges of a model without parameter draws: as many as a fit gives.
_SETS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Numbers of futures.

    Attributes
    ----------
    elasticity, every : int
        Of each variant of an elasticity; every so-many-th future.
    sobol, points : int
        Futures at each point of the Sobol indices, and their number of base points.
    sets, each : int
        Parameter sets from ranges, and futures of each.
    """

    elasticity: int
    every: int
    sobol: int
    points: int
    sets: int
    each: int


def sizes(futures: int, leads: float, *, parameters: int, varied: int, draws: int) -> Sizes:
    """The numbers of futures for a model.

    Parameters
    ----------
    futures : int
        Those that the user asked for: no part takes more.
    leads : float
        Mean number of leads of a future, with those open at the start.
    parameters, varied : int
        Parameters with elasticities, and with Sobol indices.
    draws : int
        Rows of parameter draws. A plan for each costs more than its futures: of 200, elasticities use every
        second one, each at least twice.
    """
    leads = max(leads, 1.0)
    variants = 2 * parameters
    elasticity = min(futures // _TENTH, int(_ELASTICITY_LEADS / (variants * leads)))
    evaluations = varied + 2
    fewer = _POINTS * evaluations * _LEAST_SOBOL * leads > _SOBOL_LEADS
    points = _FEWEST_POINTS if futures < _FIRST_LOOK else _FEWER_POINTS if fewer else _POINTS
    sobol = min(int(_SOBOL_LEADS / (points * evaluations * leads)), _MOST_SOBOL)
    sets = max(min(_SETS, futures // 2), 1)
    every = draws // _DRAWS if draws and draws % _DRAWS == 0 else 1
    every = max(min(every, futures // _LEAST_ELASTICITY), 1)
    return Sizes(
        elasticity=min(max(elasticity, _LEAST_ELASTICITY, 2 * draws // every), futures // every),
        every=every,
        sobol=min(max(sobol, _LEAST_SOBOL), futures),
        points=points,
        sets=sets,
        each=max(min(futures // sets, int(_SET_LEADS / (sets * leads))), 2 if futures >= 2 * sets else 1),
    )
