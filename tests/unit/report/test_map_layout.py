"""Where everything of a process map is: nothing on anything else, and large enough to read."""

from __future__ import annotations

from itertools import pairwise

import pytest

from funnelsim.documents.process_map import START, MapDocument
from funnelsim.report.map_layout import A4_LANDSCAPE, PHONE, MapLayout, lay_out
from funnelsim.report.map_layout.columns import SMALL
from funnelsim.report.map_layout.letters import elide, fold, text_width, with_numbers
from funnelsim.report.map_layout.time_classes import time_class, time_limits
from funnelsim.report.map_layout.tracks import assign_tracks, free_stretch, port_order

from .made_up_maps import DOCUMENTS, long_map, random_map, six_stages, three_stages
from .map_overlaps import check_no_overlap

FORMS = {"across": {}, "one row": {"page": None}, "tablet": {"page": (620.0, 1e6)}}


def laid_out(document, form: str) -> MapLayout:
    return lay_out(document, "down") if form == "down" else lay_out(document, **FORMS[form])


@pytest.mark.parametrize("form", [*FORMS, "down"])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_nothing_lies_on_anything_else(name: str, form: str) -> None:
    check_no_overlap(laid_out(DOCUMENTS[name], form))


@pytest.mark.parametrize("form", [*FORMS, "down"])
@pytest.mark.parametrize("seed", range(15))
def test_nothing_lies_on_anything_else_in_any_map(seed: int, form: str) -> None:
    """Up to 34 stages, names of any length, departments in any order, up to 40 jumps.

    Fails if a label is put in the middle of its line instead of beside its column, if all lines share one
    track, or if `_gutters` ignores labels (each tried).
    """
    check_no_overlap(laid_out(random_map(seed), form))


def test_a_long_map_is_readable_on_a_page_and_on_a_phone() -> None:
    """14 stages, 24 sub-stages, names of 60 letters: 6 points on A4; on a phone no wider than the screen."""
    page = lay_out(long_map())
    scale = min(1.0, A4_LANDSCAPE[0] / page.width, A4_LANDSCAPE[1] / page.height)
    assert round(SMALL * scale, 1) >= 6.0
    assert page.rows > 1
    phone = lay_out(long_map(), "down")
    assert phone.width == pytest.approx(PHONE)
    sizes = [text.size for box in phone.boxes for text in box.texts]
    assert min(sizes) >= 10


def test_a_short_map_has_one_row() -> None:
    assert lay_out(three_stages()).rows == 1
    assert lay_out(six_stages()).rows == 1


def test_the_way_through_one_lane_is_a_straight_line() -> None:
    layout = lay_out(three_stages())
    middles = [box.middle for box in layout.boxes]
    assert len({y for _, y in middles}) == 1
    assert all(a < b for (a, _), (b, _) in pairwise(middles))
    assert [box.key for box in layout.boxes] == [START, "lead", "demo", "offer", "won"]


def test_skips_run_above_all_boxes_of_their_row_and_returns_below() -> None:
    layout = lay_out(six_stages())
    tops = min(box.y for box in layout.boxes)
    bottoms = max(box.y + box.height for box in layout.boxes)
    routes = {(arc.origin, arc.to): arc for arc in layout.arcs}
    assert min(y for _, y in routes["demo", "proposal"].points) < tops
    assert max(y for _, y in routes["proposal", "demo"].points) > bottoms
    assert routes["discovery", "discovery"].route == "loop"
    assert routes["inbox", "qualified"].route == "forward"


def test_each_department_is_a_lane_with_its_stages() -> None:
    layout = lay_out(six_stages())
    lanes = {lane.name: lane for lane in layout.lanes}
    assert list(lanes) == ["Sales development", "Account executives", "Legal"]
    for stage in six_stages().stages:
        box = next(box for box in layout.boxes if box.key == stage.stage)
        lane = lanes[stage.department]
        assert lane.y < box.y
        assert box.y + box.height < lane.y + lane.height


def test_a_group_frames_its_sub_stages_and_no_other() -> None:
    layout = lay_out(long_map(), page=None)
    boxes = {box.key: box for box in layout.boxes}
    group = layout.groups[0]
    inside = [
        key
        for key, box in boxes.items()
        if group.x < box.x < group.x + group.width and group.y < box.y < group.y + group.height
    ]
    assert inside == ["s1a", "s1b", "s1c"]
    assert "s1" not in boxes  # it is the name of the group only


def test_width_is_in_proportion_to_leads() -> None:
    arcs = {(arc.origin, arc.to): arc.thickness for arc in lay_out(three_stages()).arcs}
    assert arcs[START, "lead"] == pytest.approx(5.0)
    assert arcs["demo", "offer"] == pytest.approx(5.0 * 60 / 200)


def test_losses_are_written_with_their_share() -> None:
    losses = {one.stage: one.label.lines for one in lay_out(six_stages()).losses}
    assert losses["inbox"] == ("Lost 561 (47 %)",)
    assert losses["qualified"] == ("Lost 160 (26 %)", "Later 78 (13 %)")


def test_lines_of_nested_arcs_do_not_cross_at_their_box() -> None:
    """From place 5: lines to earlier places first, the nearest first; to later ones the farthest first."""
    assert port_order({"a": 1, "b": 4, "c": 6, "d": 9}, 5) == ["b", "a", "d", "c"]


def test_spans_that_meet_have_different_tracks() -> None:
    tracks = assign_tracks({"long": (0.0, 10.0), "left": (0.0, 3.0), "right": (5.0, 9.0)}, 1.0)
    assert tracks == {"left": 0, "right": 0, "long": 1}


def test_a_free_stretch_is_the_first_that_is_wide_enough() -> None:
    assert free_stretch(0.0, 100.0, [20.0, 60.0], 2.0, 30.0) == (22.0, 58.0)
    assert free_stretch(0.0, 100.0, [20.0, 60.0], 2.0, 90.0) == (62.0, 100.0)
    assert free_stretch(0.0, 100.0, [], 2.0, 10.0) == (0.0, 100.0)


def test_texts_are_measured_as_wide_as_they_are_drawn() -> None:
    from funnelsim.report.style import text_layout
    from funnelsim.report.style.theme import new_figure

    figure = new_figure(1, 1)
    for text in ("Proposal and negotiation", "1,204 (46 %)", "Überprüfung", "WWWW", "iiii", "é~|"):
        for bold, weight in ((False, "normal"), (True, "bold")):
            drawn = text_layout.text_width(figure, text, size=200, weight=weight) * 72
            assert drawn <= text_width(text, 200, bold) * 1.005
            assert text_width(text, 200, bold) <= drawn * 1.06 + 4


def test_texts_are_folded_and_shortened_to_their_width() -> None:
    lines = fold("Qualification of the need with everybody", 60, 8, lines=3)
    assert len(lines) == 3
    assert lines[-1].endswith("…")
    assert all(text_width(line, 8) <= 60 for line in lines)
    pieces = fold("x" * 50, 40, 8, lines=99)
    assert "".join(pieces).replace("-", "") == "x" * 50
    assert all(text_width(piece, 8) <= 40 for piece in pieces)
    assert all(piece.endswith("-") for piece in pieces[:-1])
    assert elide("abc", 100, 8) == "abc"
    assert with_numbers([("Lost", "46 (46 %)")], 30, 7) == ("Lost", "46 (46", "%)")


def test_classes_of_time_have_round_limits() -> None:
    limits = time_limits([1.0, 2.2, 4.8, 9.7, 31.0, 45.0])
    assert limits == (2, 5, 10, 30)
    assert [time_class(days, limits) for days in (0.0, 2.0, 7.0, 29.0, 400.0)] == [0, 1, 2, 3, 4]
    assert time_class(None, limits) is None
    assert time_limits([3.0, 3.0]) == ()


def test_a_stage_that_is_called_start_is_not_where_leads_come_from() -> None:
    """Mutant: `START` is "start", so that the stage takes the place of the entry."""

    def keyed(first: str) -> MapDocument:
        text = three_stages().model_dump_json(by_alias=True)
        return MapDocument.model_validate_json(text.replace('"lead"', f'"{first}"'))

    # The noun of the document changes too, and with it the name of the entry.
    named = keyed("start").model_copy(update={"noun": "deal"})
    plain = keyed("first").model_copy(update={"noun": "deal"})
    found, expected = lay_out(named), lay_out(plain)
    assert [box.key for box in found.boxes] == [START, "start", "demo", "offer", "won"]
    assert [(arc.route, arc.points) for arc in found.arcs] == [
        (arc.route, arc.points) for arc in expected.arcs
    ]
