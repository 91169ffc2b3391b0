"""Whole schemas of three CRMs, made from one made-up set of deals whose course is known."""
