"""Derivatives of the families, against differences of the values that the distributions give."""

from __future__ import annotations

import numpy as np
import pytest

from funnelsim.distributions.fit_families import FIT_FAMILIES
from funnelsim.fitting.mle.derivatives import DERIVATIVES

STEP = 1e-5
POINTS = np.exp(np.random.default_rng(3).normal(1.0, 1.5, (1, 40)))
KINDS = ("log_density", "log_survival")


def thetas(family: str) -> np.ndarray:
    """Three parameter vectors, shape (P, 3, 1)."""
    size = DERIVATIVES[family].size
    return np.random.default_rng(4).normal(0.3, 0.4, (size, 3, 1))


def value(family: str, kind: str, theta: np.ndarray) -> np.ndarray:
    distribution = FIT_FAMILIES[family]
    return (
        distribution.log_pdf(POINTS, theta) if kind == "log_density" else distribution.log_sf(POINTS, theta)
    )


def moved(theta: np.ndarray, place: int, step: float) -> np.ndarray:
    other = theta.copy()
    other[place] += step
    return other


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("family", DERIVATIVES)
def test_values_are_those_of_the_distributions(family: str, kind: str) -> None:
    theta = thetas(family)
    found = getattr(DERIVATIVES[family], kind)(POINTS, theta)
    np.testing.assert_allclose(found.value, value(family, kind, theta), rtol=1e-10)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("family", DERIVATIVES)
def test_gradients_are_differences_of_the_values(family: str, kind: str) -> None:
    """Catches a lost factor anywhere in the chain rule, such as a sharpness not multiplied."""
    theta = thetas(family)
    found = getattr(DERIVATIVES[family], kind)(POINTS, theta)
    for place, gradient in enumerate(found.gradient):
        above, below = (value(family, kind, moved(theta, place, s)) for s in (STEP, -STEP))
        np.testing.assert_allclose(gradient, (above - below) / (2 * STEP), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("family", DERIVATIVES)
def test_curvatures_are_differences_of_the_gradients(family: str, kind: str) -> None:
    theta = thetas(family)
    distribution = getattr(DERIVATIVES[family], kind)
    found = distribution(POINTS, theta)
    for i in range(len(found.gradient)):
        above, below = (distribution(POINTS, moved(theta, i, s)).gradient for s in (STEP, -STEP))
        for j in range(len(found.gradient)):
            np.testing.assert_allclose(
                found.hessian[i][j], (above[j] - below[j]) / (2 * STEP), rtol=2e-4, atol=1e-4
            )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("family", DERIVATIVES)
def test_nothing_breaks_far_from_the_data(family: str, kind: str) -> None:
    """An optimiser tries a median of a second for stays of ten years; warnings are errors here."""
    theta = np.full((DERIVATIVES[family].size, 1, 1), -8.0)
    found = getattr(DERIVATIVES[family], kind)(np.array([[1e-5, 1.0, 3650.0]]), theta)
    assert np.isfinite(found.value).all()
    assert all(np.isfinite(g).all() for g in found.gradient)
