"""Kernels that were compiled from other sources are compiled again."""

from __future__ import annotations

from pathlib import Path

import pytest

from funnelsim.core.numeric.kernelcache import forget_old_kernels


@pytest.fixture
def package(tmp_path: Path) -> Path:
    for name in ("core/numeric", "engines", "report"):
        (tmp_path / name / "__pycache__").mkdir(parents=True)
    (tmp_path / "core" / "places.py").write_text("FIRST = 0\n")
    (tmp_path / "core" / "numeric" / "compiled.py").write_text("kernel = njit(cache=True)\n")
    (tmp_path / "engines" / "walk.py").write_text(
        "from funnelsim.core.numeric.compiled import kernel\nfrom funnelsim.core.places import FIRST\n"
    )
    (tmp_path / "report" / "page.py").write_text("TITLE = 'a page'\n")
    _compile(tmp_path)
    forget_old_kernels(tmp_path)
    return tmp_path


def _compile(package: Path) -> None:
    (package / "engines" / "__pycache__" / "walk.nbi").write_bytes(b"index")


def _is_kept(package: Path) -> bool:
    _compile(package)
    forget_old_kernels(package)
    return (package / "engines" / "__pycache__" / "walk.nbi").exists()


def test_kernels_of_unknown_age_are_forgotten(package: Path) -> None:
    assert not (package / "engines" / "__pycache__" / "walk.nbi").exists()


def test_kernels_are_kept_until_one_changes(package: Path) -> None:
    assert _is_kept(package)
    (package / "engines" / "walk.py").write_text("from funnelsim.core.numeric.compiled import kernel\n")
    assert not _is_kept(package)
    assert _is_kept(package)


def test_a_constant_in_another_file_counts(package: Path) -> None:
    """What numba does not see. Mutant: the stamp of files with kernels only."""
    (package / "core" / "places.py").write_text("FIRST = 1\n")
    assert not _is_kept(package)


def test_what_no_kernel_takes_a_name_from_does_not_count(package: Path) -> None:
    (package / "report" / "page.py").write_text("TITLE = 'another page'\n")
    assert _is_kept(package)
