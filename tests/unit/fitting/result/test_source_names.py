"""Words of a CRM become sources of a model."""

from __future__ import annotations

import polars as pl

from funnelsim.fitting.result.source_names import source_keys


def deals(*words: tuple[str | None, int]) -> pl.DataFrame:
    return pl.DataFrame({"source": pl.Series([w for w, n in words for _ in range(n)], dtype=pl.String)})


def test_words_become_keys_with_the_word_as_name_largest_first() -> None:
    found = source_keys(deals(("Offline TA/TO", 30), ("Trade fair", 90)))
    assert found.names == {"trade_fair": "Trade fair", "offline_ta_to": "Offline TA/TO"}
    assert found.key.to_list()[0] == "offline_ta_to"


def test_without_any_source_there_is_one() -> None:
    found = source_keys(deals((None, 5)))
    assert found.names == {"all": "All"}
    assert found.key.to_list() == ["all"] * 5


def test_small_sources_become_one_and_are_named() -> None:
    found = source_keys(deals(("web", 50), ("fax", 2), ("telex", 3)))
    assert found.names == {"web": "web", "other": "Other"}
    assert found.joined == ("fax", "telex")
    assert found.key.to_list().count("other") == 5


def test_one_small_source_keeps_its_name() -> None:
    assert source_keys(deals(("web", 50), ("fax", 2))).names == {"web": "web", "fax": "fax"}


def test_deals_without_a_source_are_a_source() -> None:
    found = source_keys(deals(("web", 50), (None, 4)))
    assert found.names == {"web": "web", "unknown": "Not recorded"}
    assert found.key.to_list().count("unknown") == 4


def test_two_words_with_the_same_key_stay_apart() -> None:
    """Catches a source that swallows another: Web and web! would share a rate."""
    found = source_keys(deals(("Web", 40), ("web!", 30)))
    assert found.names == {"web": "Web", "web_2": "web!"}


def test_never_more_than_a_dozen_and_other() -> None:
    found = source_keys(deals(*((f"s{n:02d}", 100 - n) for n in range(20))))
    assert len(found.names) == 13
    assert len(found.joined) == 8
