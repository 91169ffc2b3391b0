"""The generator is Philox4x32-10, word for word."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from funnelsim.core.numeric.draws import philox_block
from tests.oracles import philox


@njit
def _blocks(counters, keys):
    words = np.empty((len(counters), 4), dtype=np.uint32)
    for i in range(len(counters)):
        a, b, c, d = counters[i]
        words[i, 0], words[i, 1], words[i, 2], words[i, 3] = philox_block(a, b, c, d, keys[i, 0], keys[i, 1])
    return words


@pytest.mark.parametrize(("counter", "key", "answer"), philox.known_answers())
def test_compiled_block_gives_the_published_words(counter, key, answer):
    """Catches: nine rounds, swapped multipliers, a key bumped before the first round."""
    words = _blocks(np.array([counter], dtype=np.uint32), np.array([key], dtype=np.uint32))
    assert tuple(int(word) for word in words[0]) == answer


def test_compiled_block_equals_the_plain_one_on_random_inputs():
    """Catches: a carry lost in 32 or 64 bits, which the three published counters may miss."""
    rng = np.random.default_rng(11)
    counters = rng.integers(0, 2**32, (500, 4), dtype=np.uint32)
    keys = rng.integers(0, 2**32, (500, 2), dtype=np.uint32)
    words = _blocks(counters, keys)
    for counter, key, found in zip(counters.tolist(), keys.tolist(), words.tolist(), strict=True):
        assert tuple(found) == philox.block(tuple(counter), tuple(key))


def test_neighbouring_counters_share_no_luck():
    """Words of consecutive visits are uniform and uncorrelated. Catches: a counter word left out."""
    count = 1 << 16
    counters = np.zeros((count, 4), dtype=np.uint32)
    counters[:, 3] = np.arange(count) << 16
    words = _blocks(counters, np.full((count, 2), 7, dtype=np.uint32)) / 2.0**32
    assert len(np.unique(words)) > 0.999 * words.size
    assert np.abs(words.mean(axis=0) - 0.5).max() < 4 / np.sqrt(12 * count)
    for word in range(4):
        assert abs(np.corrcoef(words[:-1, word], words[1:, word])[0, 1]) < 4 / np.sqrt(count)
