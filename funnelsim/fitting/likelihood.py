"""Log-likelihood of the visits of one stage, for many sets of weights at once.

A stage has components: each has a probability and, unless leads stay in it for ever, a law of the dwell.
Whatever is known of a visit is a `Term`: the log of a sum over some components and some points of time.

========================================  ===================================  ====
what is known                             log of                               sign
========================================  ===================================  ====
left by exit k after t                    p_k f_k(t)                             +
open at age a                             sum_k p_k S_k(a) + p_never             +
seen only because still there at age b    sum_k p_k S_k(b) + p_never             -
left by exit k, some points of time q     sum_q c_q p_k f_k(t_q)                 +
========================================  ===================================  ====

Each term is a function of one time only, so visits with the same time are one bin, and the weights of a
bootstrap draw are sums over bins. Shapes: R draws, B bins, Q points of a bin, J components, P parameters.

References
----------
Kalbfleisch, J. D. and Prentice, R. L. (2002). The Statistical Analysis of Failure Time Data, 2nd ed.,
chapter 8 (competing risks), section 1.3 (truncation). Larson, M. G. and Dinse, G. E. (1985). A mixture
model for the regression analysis of competing risks data. Applied Statistics 34, 201-211.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from funnelsim.fitting.derivatives import DERIVATIVES, Derivatives, DifferentiableFamily

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Term:
    """Visits of which the same thing is known.

    Attributes
    ----------
    components : tuple of int
        Those that may be behind it.
    law : {"density", "survival", "none"}
        ``none``: the probability alone counts.
    days : ndarray, shape (B, Q)
        Times, above 0.
    log_weights : ndarray, shape (B, Q) or (1, 1)
        Logs of the weights of the points of a bin.
    sign : float
        -1 where it is divided by.
    never : bool
        Whether those who never leave count as well.
    """

    components: tuple[int, ...]
    law: Literal["density", "survival", "none"]
    days: Floats
    log_weights: Floats
    sign: float = 1.0
    never: bool = False


class Curvature(NamedTuple):
    """Value (R,), gradient (R, P), Hessian (R, P, P) and its part that EM keeps (R, P, P)."""

    value: Floats
    gradient: Floats
    hessian: Floats
    em_hessian: Floats


class Layout:
    """Where the parameters of a stage stand in a vector: J logits (never last), then each law's own.

    Parameters
    ----------
    families : sequence of str
        One a component that leaves; empty for one that takes no time.
    never : bool
        Whether a component that never leaves is added.
    """

    def __init__(self, families: Sequence[str], *, never: bool) -> None:
        self.families = tuple(families)
        self.never = never
        self.logits = len(self.families) + never
        self.laws: tuple[DifferentiableFamily | None, ...] = tuple(
            DERIVATIVES[name] if name else None for name in self.families
        )
        sizes = [law.size if law else 0 for law in self.laws]
        ends = self.logits + np.cumsum(sizes, dtype=np.int64)
        self.places = tuple(range(int(end - size), int(end)) for size, end in zip(sizes, ends, strict=True))
        self.size = int(ends[-1]) if sizes else self.logits

    @property
    def free(self) -> int:
        """Parameters that the data decide: probabilities sum to 1."""
        return self.size - 1

    def theta(self, parameters: Floats, component: int) -> Floats:
        """Of one component, shape (P_k, R, 1, 1), to broadcast against (B, Q)."""
        return parameters[:, list(self.places[component])].T[:, :, None, None]

    def log_p(self, parameters: Floats) -> Floats:
        """Logs of the probabilities, shape (R, J)."""
        logits = parameters[:, : self.logits]
        top = logits.max(axis=1, keepdims=True)
        return np.asarray(logits - top - np.log(np.sum(np.exp(logits - top), axis=1, keepdims=True)))


class Likelihood:
    """The terms of one stage.

    Parameters
    ----------
    layout : Layout
    terms : sequence of Term
    """

    def __init__(self, layout: Layout, terms: Sequence[Term]) -> None:
        self.layout = layout
        self.terms = tuple(term for term in terms if len(term.days))

    def value(self, parameters: Floats, weights: Sequence[Floats]) -> Floats:
        """Log-likelihood, shape (R,).

        Parameters
        ----------
        parameters : ndarray, shape (R, P)
        weights : sequence of ndarray, shape (R, B)
            Visits in each bin, one array a term.
        """
        total = np.zeros(len(parameters))
        log_p = self.layout.log_p(parameters)
        for term, weight in zip(self.terms, weights, strict=True):
            logs = [self._component_value(term, k, parameters, log_p) for k in term.components]
            total += term.sign * np.sum(weight * _log_sum(logs, self._never(term, log_p)), axis=1)
        return total

    def curvature(self, parameters: Floats, weights: Sequence[Floats]) -> Curvature:
        """Log-likelihood with derivatives; arguments as for `value`."""
        draws, size = parameters.shape
        log_p = self.layout.log_p(parameters)
        found = Curvature(
            np.zeros(draws),
            np.zeros((draws, size)),
            np.zeros((draws, size, size)),
            np.zeros((draws, size, size)),
        )
        for term, weight in zip(self.terms, weights, strict=True):
            self._add(found, term, weight, parameters, log_p)
        return found

    def credited(self, parameters: Floats, weights: Sequence[Floats]) -> Floats:
        """Ended visits that each component accounts for, shape (J,), at one set of parameters.

        A visit that may have left by several components counts for each with its probability.
        """
        counts = np.zeros(self.layout.logits)
        log_p = self.layout.log_p(parameters)
        for term, weight in zip(self.terms, weights, strict=True):
            if term.law == "survival":
                continue
            logs = [self._component_value(term, k, parameters, log_p) for k in term.components]
            total = _log_sum(logs, None)
            for k, log in zip(term.components, logs, strict=True):
                counts[k] += float(np.sum(weight * np.exp(log - total[:, :, None]).sum(axis=2)))
        return counts

    def _never(self, term: Term, log_p: Floats) -> Floats | None:
        return log_p[:, -1, None, None] if term.never and self.layout.never else None

    def _component_value(self, term: Term, k: int, parameters: Floats, log_p: Floats) -> Floats:
        return log_p[:, k, None, None] + term.log_weights + self._law(term, k, parameters).value

    def _law(self, term: Term, k: int, parameters: Floats) -> Derivatives:
        law = self.layout.laws[k]
        if term.law == "none" or law is None:
            shape = (len(parameters), *term.days.shape)
            return Derivatives(np.zeros(shape), (), ())
        theta = self.layout.theta(parameters, k)
        return (
            law.log_density(term.days, theta) if term.law == "density" else law.log_survival(term.days, theta)
        )

    def _add(self, found: Curvature, term: Term, weight: Floats, parameters: Floats, log_p: Floats) -> None:
        """With r the share of each component and point in the sum of a bin, g and H those of its log:
        the log-sum has gradient sum(r g) and Hessian sum(r (H + g g')) - sum(r g) sum(r g)'.
        """
        laws = [self._law(term, k, parameters) for k in term.components]
        logs = [
            log_p[:, k, None, None] + term.log_weights + law.value
            for k, law in zip(term.components, laws, strict=True)
        ]
        never = self._never(term, log_p)
        log_sum = _log_sum(logs, never)
        signed = term.sign * weight
        found.value[:] += np.sum(signed * log_sum, axis=1)

        shares = [np.exp(log - log_sum[:, :, None]) for log in logs]
        columns = [(k, share.sum(axis=2)) for k, share in zip(term.components, shares, strict=True)]
        for k, law, share in zip(term.components, laws, shares, strict=True):
            columns += self._own(found, term, signed, k, law, share)
        if never is not None:
            columns.append((self.layout.logits - 1, np.exp(never[:, :, 0] - log_sum)))
        self._add_columns(found, signed, columns)
        _add_softmax(found, np.exp(log_p), signed.sum(axis=1), in_em=term.sign > 0)

    def _own(
        self, found: Curvature, term: Term, signed: Floats, k: int, law: Derivatives, share: Floats
    ) -> list[tuple[int, Floats]]:
        """Adds ``sum(r (H + g g'))`` of one component; gives its mean gradients ``sum(r g)``, (R, B) each."""
        places = self.layout.places[k] if law.gradient else range(0)
        weighted = signed[:, :, None] * share
        means = [np.sum(share * g, axis=2) for g in law.gradient]
        for i, place in enumerate(places):
            # The logit of k has gradient 1 on its own share.
            crossed = np.sum(signed * means[i], axis=1)
            found.hessian[:, k, place] += crossed
            found.hessian[:, place, k] += crossed
            for j in range(i, len(places)):
                bend = np.sum(weighted * law.hessian[i][j], axis=(1, 2))
                spread = np.sum(weighted * law.gradient[i] * law.gradient[j], axis=(1, 2))
                for a, b in {(place, places[j]), (places[j], place)}:
                    found.hessian[:, a, b] += bend + spread
                    if term.sign > 0:
                        found.em_hessian[:, a, b] += bend
        return list(zip(places, means, strict=True))

    def _add_columns(self, found: Curvature, signed: Floats, columns: list[tuple[int, Floats]]) -> None:
        """Gradient, the logits' own curvature, and minus the product of the mean gradients."""
        places = [place for place, _ in columns]
        stack = np.stack([column for _, column in columns], axis=1)  # (R, C, B)
        summed = np.einsum("rcb,rb->rc", stack, signed)
        found.gradient[:, places] += summed
        products = np.einsum("rcb,rdb->rcd", stack * signed[:, None, :], stack)
        found.hessian[:, np.array(places)[:, None], places] -= products
        for place, column in zip(places, summed.T, strict=True):
            if place < self.layout.logits:
                found.hessian[:, place, place] += column


def _add_softmax(found: Curvature, p: Floats, total: Floats, *, in_em: bool) -> None:
    """``-total * log(sum of exp(logits))``."""
    logits = p.shape[1]
    bend = total[:, None, None] * (p[:, :, None] * p[:, None, :] - p[:, :, None] * np.eye(logits))
    found.gradient[:, :logits] -= total[:, None] * p
    found.hessian[:, :logits, :logits] += bend
    if in_em:
        found.em_hessian[:, :logits, :logits] += bend


def _log_sum(logs: list[Floats], never: Floats | None) -> Floats:
    """Over components and points, shape (R, B)."""
    if len(logs) == 1 and logs[0].shape[2] == 1 and never is None:
        return logs[0][:, :, 0]
    parts = list(logs) if never is None else [*logs, np.broadcast_to(never, (*logs[0].shape[:2], 1))]
    top = np.max([part.max(axis=2) for part in parts], axis=0)
    return np.asarray(top + np.log(sum(np.exp(part - top[:, :, None]).sum(axis=2) for part in parts)))
