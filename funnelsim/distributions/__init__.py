"""Durations, amounts and factors: one class per family, and quantile tables."""

from funnelsim.distributions.base import Distribution, Kind
from funnelsim.distributions.parse import parse_distribution

__all__ = ["Distribution", "Kind", "parse_distribution"]
