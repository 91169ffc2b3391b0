"""Philox4x32-10 in plain integers.

References
----------
Salmon, J. K., Moraes, M. A., Dror, R. O. and Shaw, D. E. (2011). Parallel random numbers: as easy as
1, 2, 3. SC'11, section 3.3 and table 2.
"""

from __future__ import annotations

_WORD = 2**32


def block(counter: tuple[int, int, int, int], key: tuple[int, int], *, rounds: int = 10) -> tuple[int, ...]:
    """The four 32-bit words of a counter of four and a key of two."""
    left_0, right_0, left_1, right_1 = counter
    key_0, key_1 = key
    for _ in range(rounds):
        high_0, low_0 = divmod(left_0 * 0xD2511F53, _WORD)
        high_1, low_1 = divmod(left_1 * 0xCD9E8D57, _WORD)
        left_0, right_0 = high_1 ^ right_0 ^ key_0, low_1
        left_1, right_1 = high_0 ^ right_1 ^ key_1, low_0
        key_0 = (key_0 + 0x9E3779B9) % _WORD  # golden ratio
        key_1 = (key_1 + 0xBB67AE85) % _WORD  # sqrt(3) - 1
    return left_0, right_0, left_1, right_1


def known_answers() -> list[tuple[tuple[int, int, int, int], tuple[int, int], tuple[int, ...]]]:
    """Counter, key and block, as published with Random123 (kat_vectors)."""
    rows = """
        00000000 00000000 00000000 00000000 00000000 00000000 6627e8d5 e169c58d bc57ac4c 9b00dbd8
        ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff 408f276d 41c83b0e a20bc7c6 6d5451fd
        243f6a88 85a308d3 13198a2e 03707344 a4093822 299f31d0 d16cfe09 94fdcceb 5001e420 24126ea1
    """
    words = [[int(word, 16) for word in row.split()] for row in rows.strip().splitlines()]
    return [((w[0], w[1], w[2], w[3]), (w[4], w[5]), tuple(w[6:])) for w in words]
