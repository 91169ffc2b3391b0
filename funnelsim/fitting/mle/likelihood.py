"""Log-likelihood of the visits of one stage, for many sets of weights at once.

A stage is a mixture of competing exits (Larson and Dinse 1985). Each component has a probability p_k and, but
for the cure fraction p_never, a distribution of the dwell with density f_k and survival S_k. Visits with the
same kind of censoring form a `Term`: the log of a sum over some components and some points of time.

========================================  ===================================  ====
visit                                     contribution                         sign
========================================  ===================================  ====
left by exit k after t (exact)            p_k f_k(t)                             +
open at age a (right censored)            sum_k p_k S_k(a) + p_never             +
first observed at age b (left truncated)  sum_k p_k S_k(b) + p_never             -
left by exit k in an interval             sum_q c_q p_k f_k(t_q)                 +
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

from funnelsim.core.arrays import Floats
from funnelsim.fitting.mle.derivatives import DERIVATIVES, Derivatives, DifferentiableFamily


@dataclass(frozen=True)
class Term:
    """Visits with the same kind of censoring.

    Attributes
    ----------
    components : tuple of int
        Components that the visits may have left by.
    contribution : {"density", "survival", "none"}
        What each visit contributes; ``none``: only the probability of the component.
    days : ndarray, shape (B, Q)
        Times, above 0.
    log_weights : ndarray, shape (B, Q) or (1, 1)
        Logs of the weights of the points of a bin.
    sign : float
        -1 for left truncation, where the likelihood is divided by the term.
    never : bool
        Whether the cure fraction is part of the sum.
    """

    components: tuple[int, ...]
    contribution: Literal["density", "survival", "none"]
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
    """Order of the parameters: J logits (cure fraction last), then those of each distribution.

    Parameters
    ----------
    families : sequence of str
        The family of each exit; empty for an exit that takes no time.
    never : bool
        Whether the stage has a cure fraction.
    """

    def __init__(self, families: Sequence[str], *, never: bool) -> None:
        self.families = tuple(families)
        self.never = never
        self.logits = len(self.families) + never
        self.differentiable: tuple[DifferentiableFamily | None, ...] = tuple(
            DERIVATIVES[name] if name else None for name in self.families
        )
        sizes = [family.size if family else 0 for family in self.differentiable]
        ends = self.logits + np.cumsum(sizes, dtype=np.int64)
        self.indices = tuple(range(int(end - size), int(end)) for size, end in zip(sizes, ends, strict=True))
        self.size = int(ends[-1]) if sizes else self.logits

    @property
    def free(self) -> int:
        """Number of free parameters: one less, since probabilities sum to 1."""
        return self.size - 1

    def theta(self, parameters: Floats, component: int) -> Floats:
        """Of one component, shape (P_k, R, 1, 1), to broadcast against (B, Q)."""
        return parameters[:, list(self.indices[component])].T[:, :, None, None]

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
            if self._is_empty(term):
                continue
            logs = [self._component_value(term, k, parameters, log_p) for k in term.components]
            total += term.sign * _dot(weight, _log_sum(logs, self._never(term, log_p)))
        return total

    def curvature(self, parameters: Floats, weights: Sequence[Floats]) -> Curvature:
        """Log-likelihood with derivatives; arguments as for `value`."""
        draws, size = parameters.shape
        log_p = self.layout.log_p(parameters)
        result = Curvature(
            np.zeros(draws),
            np.zeros((draws, size)),
            np.zeros((draws, size, size)),
            np.zeros((draws, size, size)),
        )
        for term, weight in zip(self.terms, weights, strict=True):
            if self._is_empty(term):
                continue
            self._add(result, term, weight, parameters, log_p)
        return result

    def credited(self, parameters: Floats, weights: Sequence[Floats]) -> Floats:
        """Ended visits that each component accounts for, shape (J,), at one set of parameters.

        A visit that may have left by several components counts for each with its probability.
        """
        counts = np.zeros(self.layout.logits)
        log_p = self.layout.log_p(parameters)
        for term, weight in zip(self.terms, weights, strict=True):
            if term.contribution == "survival":
                continue
            logs = [self._component_value(term, k, parameters, log_p) for k in term.components]
            total = _log_sum(logs, None)
            for k, log in zip(term.components, logs, strict=True):
                counts[k] += float(np.sum(weight * np.exp(log - total[:, :, None]).sum(axis=2)))
        return counts

    def _is_empty(self, term: Term) -> bool:
        """True where no component can explain the visits: open visits of a stage that all leave at once."""
        return not term.components and not (term.never and self.layout.never)

    def _never(self, term: Term, log_p: Floats) -> Floats | None:
        if not (term.never and self.layout.never):
            return None
        return np.broadcast_to(log_p[:, -1, None, None], (len(log_p), len(term.days), 1))

    def _component_value(self, term: Term, k: int, parameters: Floats, log_p: Floats) -> Floats:
        return log_p[:, k, None, None] + term.log_weights + self._derivatives(term, k, parameters).value

    def _derivatives(self, term: Term, k: int, parameters: Floats) -> Derivatives:
        derivatives = self.layout.differentiable[k]
        if term.contribution == "none" or derivatives is None:
            shape = (len(parameters), *term.days.shape)
            return Derivatives(np.zeros(shape), (), ())
        theta = self.layout.theta(parameters, k)
        return (
            derivatives.log_density(term.days, theta)
            if term.contribution == "density"
            else derivatives.log_survival(term.days, theta)
        )

    def _add(self, result: Curvature, term: Term, weight: Floats, parameters: Floats, log_p: Floats) -> None:
        """With r the share of each component and point in the sum of a bin, g and H those of its log:
        the log-sum has gradient sum(r g) and Hessian sum(r (H + g g')) - sum(r g) sum(r g)'.
        """
        differentiable = [self._derivatives(term, k, parameters) for k in term.components]
        logs = [
            log_p[:, k, None, None] + term.log_weights + derivatives.value
            for k, derivatives in zip(term.components, differentiable, strict=True)
        ]
        never = self._never(term, log_p)
        signed = term.sign * weight
        _add_softmax(result, np.exp(log_p), signed.sum(axis=1), in_em=term.sign > 0)
        if _is_single(logs, never):
            self._add_single(result, signed, term.components[0], differentiable[0], logs[0])
            return
        log_sum, shares, never_share = _log_sum_and_shares(logs, never)
        result.value[:] += _dot(signed, log_sum)
        columns = []
        for k, derivatives, share in zip(term.components, differentiable, shares, strict=True):
            columns += self._add_component(result, term, signed, k, derivatives, share)
        if never_share is not None:
            columns.append((self.layout.logits - 1, never_share))
        self._add_columns(result, signed, columns)

    def _add_single(
        self, result: Curvature, signed: Floats, k: int, derivatives: Derivatives, log: Floats
    ) -> None:
        """One component, one point: the log-sum is the log itself."""
        result.value[:] += _dot(signed, log[:, :, 0])
        result.gradient[:, k] += signed.sum(axis=1)
        indices = self.layout.indices[k] if derivatives.gradient else range(0)
        for i, index in enumerate(indices):
            result.gradient[:, index] += _dot(signed, derivatives.gradient[i][:, :, 0])
            for j in range(i, len(indices)):
                bend = _dot(signed, derivatives.hessian[i][j][:, :, 0])
                for a, b in {(index, indices[j]), (indices[j], index)}:
                    result.hessian[:, a, b] += bend
                    result.em_hessian[:, a, b] += bend

    def _add_component(
        self, result: Curvature, term: Term, signed: Floats, k: int, derivatives: Derivatives, share: Floats
    ) -> list[tuple[int, Floats]]:
        """Adds ``sum(r (H + g g'))`` of one component; gives its mean gradients ``sum(r g)``, (R, B) each."""
        indices = self.layout.indices[k] if derivatives.gradient else range(0)
        weighted = signed[:, :, None] * share
        means = [_over_points(share * g) for g in derivatives.gradient]
        for i, index in enumerate(indices):
            # The logit of k has gradient 1 on its own share.
            crossed = _dot(signed, means[i])
            result.hessian[:, k, index] += crossed
            result.hessian[:, index, k] += crossed
            for j in range(i, len(indices)):
                bend = _dot(weighted, derivatives.hessian[i][j])
                spread = _dot(weighted * derivatives.gradient[i], derivatives.gradient[j])
                for a, b in {(index, indices[j]), (indices[j], index)}:
                    result.hessian[:, a, b] += bend + spread
                    if term.sign > 0:
                        result.em_hessian[:, a, b] += bend
        return [(k, _over_points(share)), *zip(indices, means, strict=True)]

    def _add_columns(self, result: Curvature, signed: Floats, columns: list[tuple[int, Floats]]) -> None:
        """Gradient, the logits' own curvature, and minus the product of the mean gradients."""
        indices = np.array([index for index, _ in columns])
        stack = np.stack([column for _, column in columns], axis=1)  # (R, C, B)
        weighted = stack * signed[:, None, :]
        summed = weighted.sum(axis=2)
        result.gradient[:, indices] += summed
        result.hessian[:, indices[:, None], indices] -= weighted @ stack.transpose(0, 2, 1)
        logits = indices < self.layout.logits
        result.hessian[:, indices[logits], indices[logits]] += summed[:, logits]


def _add_softmax(result: Curvature, p: Floats, total: Floats, *, in_em: bool) -> None:
    """``-total * log(sum of exp(logits))``."""
    logits = p.shape[1]
    bend = total[:, None, None] * (p[:, :, None] * p[:, None, :] - p[:, :, None] * np.eye(logits))
    result.gradient[:, :logits] -= total[:, None] * p
    result.hessian[:, :logits, :logits] += bend
    if in_em:
        result.em_hessian[:, :logits, :logits] += bend


def _dot(weights: Floats, values: Floats) -> Floats:
    """Weighted sum over bins (and points) of each draw, shape (R,)."""
    subscripts = "rb,rb->r" if weights.ndim == 2 else "rbq,rbq->r"
    return np.asarray(np.einsum(subscripts, weights, values))


def _over_points(values: Floats) -> Floats:
    return values[:, :, 0] if values.shape[2] == 1 else np.asarray(values.sum(axis=2))


def _is_single(logs: list[Floats], never: Floats | None) -> bool:
    return len(logs) == 1 and logs[0].shape[2] == 1 and never is None


def _log_sum(logs: list[Floats], never: Floats | None) -> Floats:
    """Over components and points, shape (R, B)."""
    return logs[0][:, :, 0] if _is_single(logs, never) else _log_sum_and_shares(logs, never)[0]


def _log_sum_and_shares(
    logs: list[Floats], never: Floats | None
) -> tuple[Floats, list[Floats], Floats | None]:
    """The log of the sum over components and points (R, B), and the share of each part in the sum."""
    tops = [log.max(axis=2) if log.shape[2] > 1 else log[:, :, 0] for log in logs]
    top = tops[0] if tops else np.full_like(never[:, :, 0], -np.inf)  # type: ignore[index]
    for other in tops[1:]:
        top = np.maximum(top, other)
    if never is not None:
        top = np.maximum(top, never[:, :, 0])
    parts = [np.exp(log - top[:, :, None]) for log in logs]
    never_share = np.exp(never[:, :, 0] - top) if never is not None else None
    total = np.zeros_like(top) if never_share is None else never_share.copy()
    for part in parts:
        total += _over_points(part)
    shares = [part / total[:, :, None] for part in parts]
    return top + np.log(total), shares, None if never_share is None else never_share / total
