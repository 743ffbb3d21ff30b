"""What is robust, as readers are told: sentences, tables and pictures in both languages, no digits that the rows do not bear."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sdsocec
from sdsocec.analysis.checks import CheckResult
from sdsocec.analysis.robust import ClaimResult, Split, Stretch, Strongest, claims_of, robust
from sdsocec.report.picture import render_pictures
from sdsocec.report.robust_figures import robust_pictures
from sdsocec.report.robust_orders import orders
from sdsocec.report.robust_tables import data_tables, fragile, inputs_line, printed_claims, printed_rankings
from sdsocec.report.robust_words import Words

NEVER = ((Stretch(0.0, 1.0, "holds"),),) * 6  # the six inputs of the model
FAILING = ((Stretch(0.0, 1.0, "fails"),),) * 6


def only(position, *borders):
    """Of one input alone, verdicts and the values where they end; the others change nothing."""
    ends = [0.0, *borders[1::2], 1.0]
    found = tuple(Stretch(a, b, v) for a, b, v in zip(ends[:-1], ends[1:], borders[::2], strict=True))
    return (*NEVER[:position], found, *NEVER[position + 1 :])


@pytest.fixture(scope="module")
def found():
    model = sdsocec.load_model("first_steps")
    ranked = robust(model, n=256, only="rankings")
    claims = claims_of(model, trust_code=True)
    fares = [(40, 24, 0, True), (64, 0, 0, True), (10, 50, 4, False)]
    split = Split(4, 0.296, (0, 20), (40, 44), 0.9, 1e-6)
    alone = only(4, "fails", 0.2963, "holds")
    none = {True: NEVER, False: FAILING}
    results = tuple(
        ClaimResult(
            claim, CheckResult(claim.check, holds, "0.4"), n_holds, n_fails, n_unknown, (0.1, 0.9),
            split if n_fails else None, (*none[holds][:4], alone[4], *none[holds][5:]) if n_fails else NEVER,
        )
        for claim, (n_holds, n_fails, n_unknown, holds) in zip(claims, fares, strict=False)
    )  # fmt: skip
    return replace(ranked, claims=results, claims_n=64)


@pytest.fixture
def ranking(found):
    """Unemployed, lower in Public-private (3) than in Regular (2)."""
    one = next(r for r in found.rankings.rankings if (r.output, r.first, r.second) == ("unemployed", 3, 2))
    return replace(
        one, n_holds=1987, n_ties=0, n_reversed=61, n_unknown=0, strongest=Strongest(3, 0.622, 1e-9), alone=NEVER, split=None
    )  # fmt: skip


def sentence(found, ranking, language="en"):
    return Words(found, language).ranking_sentence(ranking)


START = "In 2020 'unemployed' is lower in Public-private than in Regular in "
START_NL = "In 2020 is 'werklozen' in Publiek-privaat lager dan in Regulier in "


def test_a_ranking_says_its_share_what_decides_and_where_it_flips(found, ranking):
    one = replace(ranking, alone=only(3, "holds", 0.5764, "fails"))
    assert sentence(found, one) == (
        START
        + "97% of 2,048 plausible inputs. Matching elasticity explains 62% of the variation in the difference; alone, it "
        "turns the ranking round above 0.576."
    )
    assert sentence(found, one, "nl") == (
        START_NL
        + "97% van 2\u202f048 plausibele combinaties van aannames. Elasticiteit van matching verklaart 62% van de "
        "spreiding in het verschil; verandert alleen deze aanname, dan keert de volgorde om boven 0,576."
    )


def test_several_places_are_named_with_their_unit(found, ranking):
    one = replace(ranking, strongest=Strongest(4, 0.5, 0.01), alone=only(4, "fails", 0.3, "holds", 0.4, "fails"))
    assert sentence(found, one).endswith(
        "; alone, it turns the ranking round below 0.300 per year or above 0.400 per year."
    )
    one = replace(one, alone=only(4, "holds", 0.3, "fails", 0.4, "holds"))
    assert sentence(found, one, "nl").endswith("dan keert de volgorde om tussen 0,300 en 0,400 per jaar.")


def test_a_tie_is_told_apart_from_what_is_turned_round_where_the_digits_can_tell(found, ranking):
    one = replace(ranking, alone=only(3, "holds", 0.55, "tie", 0.6, "fails"))
    assert sentence(found, one).endswith(
        "alone, it turns the ranking round above 0.600 (a tie between 0.550 and 0.600)."
    )
    one = replace(one, alone=only(3, "holds", 0.5995, "tie", 0.6, "fails"))
    assert sentence(found, one).endswith("alone, it turns the ranking round above 0.600.")
    one = replace(one, alone=only(3, "holds", 0.6, "tie"))
    assert sentence(found, one).endswith("; alone, it makes a tie above 0.600, and turns nothing round.")
    assert sentence(found, one, "nl").endswith("dan is er geen verschil van betekenis boven 0,600, en keert niets om.")
    one = replace(one, strongest=Strongest(3, 0.622, 0.4))
    assert sentence(found, one).endswith(
        "No single input stands out. Alone, what makes a tie: matching elasticity above 0.600."
    )


def test_where_some_is_unknown_no_sentence_says_that_nothing_turns_it(found, ranking):
    one = replace(ranking, alone=only(3, "holds", 0.6, "unknown"))
    assert sentence(found, one).endswith(
        "explains 62% of the variation in the difference, but no input is known to turn the ranking round alone. Alone, what "
        "could not be computed: matching elasticity above 0.600."
    )
    assert "van geen enkele aanname is bekend dat die de volgorde omkeert" in sentence(found, one, "nl")
    assert sentence(found, one, "nl").endswith("dan was niet te berekenen: elasticiteit van matching boven 0,600.")
    both = tuple(a if b == NEVER[0] else b for a, b in zip(one.alone, only(0, "holds", 0.9, "fails"), strict=True))
    assert "but no value of it is known to turn the ranking round alone. Alone, what turns" in sentence(
        found, replace(one, alone=both)
    )
    holding = replace(one, n_holds=2048, n_reversed=0)
    assert holding.is_fragile and sentence(found, holding) == (
        START
        + "all 2,048 plausible inputs. Matching elasticity explains 62% of the variation in the difference, but no input "
        "is known to turn the ranking round alone. Alone, what could not be computed: matching elasticity above 0.600."
    )


def test_rows_that_are_not_computed_are_never_part_of_all(found, ranking):
    one = replace(ranking, n_holds=2040, n_reversed=0, n_unknown=8)
    assert one.is_fragile
    assert sentence(found, one).startswith(
        START + "all 2,040 plausible inputs that could be computed. Not computed, so not counted: 8."
    )
    assert Words(found, "en").short_share(one) == "2040/2040"
    none = replace(ranking, n_holds=0, n_reversed=0, n_unknown=2048)
    assert sentence(found, none) == (START + "the model as it stands. Not computed: all 2,048 plausible inputs.")
    assert Words(found, "nl").short_share(none) == "–"


def test_the_rows_left_out_are_said_for_each_scenario(found):
    rankings, values = found.rankings, found.rankings.values.copy()
    values[:12, 4] = float("nan")
    part = printed_rankings(replace(found, rankings=replace(rankings, values=values)))
    assert (
        "Not computed: Public 12 of 256. A ranking counts the plausible inputs in which both its scenarios could be."
        in part.below
    )


def test_what_is_a_tie_is_said(found):
    assert printed_rankings(found).below[-1] == "A tie, neither holding nor turned round: equal numbers."
    units = found.model.card.units
    some = units["kpers"].model_copy(update={"smallest": 0.05})
    card = found.model.card.model_copy(update={"units": units | {"kpers": some}})
    rankings = tuple(replace(one, tie=0.05) for one in found.rankings.rankings)
    other = replace(found, model=replace(found.model, card=card), rankings=replace(found.rankings, rankings=rankings))
    assert (
        printed_rankings(other).below[-1]
        == "A tie, neither holding nor turned round: a difference of 50 persons or less."
    )
    assert printed_rankings(other, "nl").below[-1].endswith("ook niet is omgekeerd: 50 personen of minder.")


def test_what_holds_in_all_says_all_and_no_percentage(found, ranking):
    one = replace(ranking, n_holds=2048, n_reversed=0)
    assert sentence(found, one) == START + "all 2,048 plausible inputs."
    assert sentence(found, one, "nl") == START_NL + "alle 2\u202f048 plausibele combinaties van aannames."


@pytest.mark.parametrize(
    ("holds", "fails", "said"),
    [
        (2046, 2, "2,046 of 2,048"),
        (3, 2045, "3 of 2,048"),
        (0, 9, "none of 9"),
        (13, 7, "13 of 20"),
        (650, 350, "65% of 1,000"),
    ],
)
def test_a_share_has_no_more_digits_than_its_rows_bear(found, ranking, holds, fails, said):
    assert sentence(found, replace(ranking, n_holds=holds, n_reversed=fails)).startswith(
        START + said + " plausible inputs."
    )


def test_ties_and_rows_without_a_number_are_said(found, ranking):
    said = sentence(found, replace(ranking, n_ties=1, n_unknown=5))
    assert " plausible inputs that could be computed. Ties: 1. Not computed, so not counted: 5. " in said


def test_no_input_that_beats_chance_decides(found, ranking):
    one = replace(ranking, strongest=Strongest(3, 0.01, 0.2))
    assert sentence(found, one).endswith("plausible inputs. No single input stands out.")
    one = replace(one, alone=only(0, "holds", 1.2, "fails"))
    assert sentence(found, one).endswith("Alone, what turns the ranking round: speed of ageing above 1.200.")


def test_where_none_flips_alone_the_split_tells(found, ranking):
    one = replace(ranking, split=Split(0, 0.95, (300, 380), (1640, 1668), 0.5, 1e-9))
    assert sentence(found, one).endswith(
        "explains 62% of the variation in the difference, but no input turns the ranking round alone. With speed of ageing up "
        "to 0.950 it holds in 79% of 380; above in 98% of 1,668."
    )
    for below, above, said in [
        ((78, 95), (409, 417), "78 of 95; above in 409 of 417."),
        ((300, 380), (1667, 1668), "300 of 380; above in 1,667 of 1,668."),
        ((300, 380), (1668, 1668), "79% of 380; above in all 1,668."),
    ]:  # counts or percentages, not both
        assert sentence(found, replace(one, split=replace(one.split, below=below, above=above))).endswith(said)
    few = replace(one, n_holds=40, n_reversed=10, strongest=None)
    assert sentence(found, few).endswith("40 of 50 plausible inputs. Too few rows to tell which input decides.")
    assert "With" not in sentence(found, replace(one, split=replace(one.split, p_value=0.4)))


def test_claims_that_fail_already_say_so_and_where_they_hold(found):
    words = Words(found, "en")
    sentences = [words.claim_sentence(one) for one in found.claims]
    assert sentences[0] == (
        "'Social enterprise is a hype in 2020' holds in 40 of 64 plausible inputs. Imitation by entrepreneurs decides most; "
        "alone, it makes the claim fail below 0.296 per year."
    )
    assert sentences[1] == "'Campaigns and support make that hype' holds in all 64 plausible inputs."
    assert sentences[2].startswith(
        "'In Sociaal ondernemen sheltered work is mostly in social enterprises' fails already with the stored values, and holds "
        "in 10 of 60 plausible inputs that could be computed. Not computed, so not counted: 4. "
    )
    assert sentences[2].endswith("alone, it makes the claim hold above 0.296 per year.")
    assert (
        Words(found, "nl")
        .claim_sentence(found.claims[0])
        .startswith("'Sociaal ondernemen is in 2020 een rage' gaat op in 40")
    )


@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_ranking_is_told_or_counted_among_the_others(found, language):
    part = printed_rankings(found, language)
    broken = fragile(found.rankings.rankings)
    assert len(part.sentences) == len(broken) and str(len(broken)) in part.head
    assert str(30 - len(broken)) in part.others
    names = [scenario.title.in_language(language) for scenario in found.scenarios]
    told = set()
    for line in part.kept:
        outcome, orders = line.rsplit(": ", 1)
        for order in orders.split("; "):
            groups = [group.strip("()").split(", ") for group in re.split(" [<>] ", order)]
            for k, group in enumerate(groups):
                told |= {(outcome, a, b) for a in group for later in groups[k + 1 :] for b in later}
    words = Words(found, language)
    kept = [one for one in found.rankings if not one.is_fragile]
    assert told == {(words.outcome(one), names[one.first], names[one.second]) for one in kept}
    claims = printed_claims(found, language)
    assert len(claims.sentences) == 2 and claims.kept == (words.claim(found.claims[1]),)
    assert "imitation" not in inputs_line(found, "nl")


@pytest.mark.parametrize("language", ["en", "nl"])
def test_a_few_that_hold_are_said_in_a_sentence_each(found, language):
    kept = tuple(one for one in found.rankings if not one.is_fragile)
    broken = tuple(one for one in found.rankings if one.is_fragile)
    words = Words(found, language)
    for some in (broken[:1] + kept[:3], kept[:3]):  # with others, and all of them
        part = printed_rankings(replace(found, rankings=replace(found.rankings, rankings=some)), language)
        assert part.kept == tuple(words.ranking_sentence(one) for one in kept[:3])
        assert bool(part.others) == (len(some) > 3)
        assert all({"en": " in all 256 ", "nl": " in alle 256 "}[language] in line for line in part.kept)


@settings(deadline=None)
@given(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda pair: pair[0] < pair[1])))
def test_orders_say_all_pairs_and_nothing_else(pairs):
    said = set()
    for order in orders(pairs):
        said |= {(a, b) for k, group in enumerate(order) for a in group for later in order[k + 1 :] for b in later}
    assert said == pairs


@settings(deadline=None)
@given(st.lists(st.integers(0, 5), min_size=2, max_size=6))
def test_levels_make_one_order(levels):
    """What lies apart is in order, what lies equal is in brackets."""
    pairs = [(a, b) for a in range(len(levels)) for b in range(len(levels)) if levels[a] < levels[b]]
    found = orders(pairs)
    assert len(found) == (len(set(levels)) > 1)
    assert all([levels[group[0]] for group in order] == sorted(set(levels)) for order in found)


def test_every_input_that_alone_turns_it_round_is_named(found, ranking):
    several = (
        (Stretch(0.0, 0.9, "fails"), Stretch(0.9, 1.0, "holds")),
        (Stretch(0.0, 0.2, "fails"), Stretch(0.2, 1.0, "holds")),
        (Stretch(0.0, 0.5, "holds"), Stretch(0.5, 1.0, "fails")),
        (Stretch(0.0, 0.7, "holds"), Stretch(0.7, 1.0, "fails")),
        (Stretch(0.0, 0.6, "holds"), Stretch(0.6, 1.0, "fails")),
        *NEVER[:1],
    )
    one = replace(ranking, alone=several)
    assert sentence(found, one).endswith(
        "alone, it turns the ranking round above 0.700. What else turns it round alone: speed of ageing below 0.900; depth of a "
        "recession above 0.5000; imitation by entrepreneurs above 0.600 per year; response to incentives below 0.200."
    )
    assert "Wat de volgorde ook omkeert als alleen dat verandert: snelheid van vergrijzing onder 0,900; " in sentence(
        found, one, "nl"
    )
    without = sentence(found, replace(one, strongest=None))
    assert "Alone, what turns the ranking round: speed of ageing below 0.900; depth of" in without
    assert without.count(" above ") + without.count(" below ") == 5
    shown = replace(found, rankings=replace(found.rankings, rankings=(one,)))
    (row,) = next(table for table in data_tables(shown) if table.name == "rankings").rows
    assert any(str(cell).startswith("speed of ageing below 0.900; depth") for cell in row)
    (ax,) = robust_pictures(shown)[0].figure.axes
    texts = " | ".join(text.get_text().replace("\n", " ") for text in ax.texts)
    assert "matching elasticity: above 0.700; speed of ageing: below 0.900; and 3 others" in texts
    flips = robust_pictures(shown)[1].figure
    assert "Other inputs turn" in " ".join(text.get_text().replace("\n", " ") for text in flips.texts)


def test_every_input_that_alone_makes_a_claim_fail_is_named(found):
    alone = (*only(0, "holds", 0.5, "fails")[:1], *only(4, "fails", 0.2963, "holds")[1:])
    one = replace(found.claims[0], alone=alone)
    assert (
        Words(found, "en")
        .claim_sentence(one)
        .endswith(
            "alone, it makes the claim fail below 0.296 per year. What else makes it fail alone: speed of ageing above 0.500."
        )
    )
    stopped = replace(found.claims[2], alone=(*only(0, "fails", 0.5, "holds")[:1], *found.claims[2].alone[1:]))
    none = replace(found.claims[0], split=None, alone=NEVER)
    pictures = robust_pictures(replace(found, rankings=None, claims=(one, stopped, none)))
    texts = " | ".join(text.get_text().replace("\n", " ") for text in pictures[0].figure.axes[0].texts)
    assert "imitation by entrepreneurs: below 0.296 per year; speed of ageing: above 0.500" in texts
    assert "imitation by entrepreneurs: holds above 0.296 per year; speed of ageing: holds above 0.500; 4 not" in texts
    assert "(no input alone)" in texts


def test_a_bar_says_that_no_value_of_the_strongest_input_does_it(found, ranking):
    shown = robust_pictures(replace(found, rankings=replace(found.rankings, rankings=(ranking,))))[0]
    assert "(matching elasticity: no value alone)" in [
        text.get_text().replace("\n", " ") for text in shown.figure.axes[0].texts
    ]


def test_tables_are_tidy(found):
    tables = {table.name: table for table in data_tables(found, "en")}
    assert [len(tables[name].rows) for name in ("rankings", "claims")] == [30, 3]
    for table in tables.values():
        assert all(len(row) == len(table.header) for row in table.rows)
    column = tables["rankings"].header.index
    for row, one in zip(tables["rankings"].rows, found.rankings.rankings, strict=True):
        assert row[column("n")] == row[column("holds")] + row[column("ties")] + row[column("reversed")] == 256
        factor = 1000 if row[column("unit")] == "persons" else 1
        assert row[column("difference")] == pytest.approx(one.stored * factor)
    claims = {(row[1], *row[4:8]) for row in tables["flips"].rows if row[0] == "claim" and row[4] == "imitation"}
    assert claims == {
        (name, "imitation", *stretch)
        for name in ("so_is_a_hype", "so_carries_sheltered_work")
        for stretch in (("fails", 0.0, 0.2963), ("holds", 0.2963, 1.0))
    }
    assert {row[5] for row in tables["flips"].rows if row[0] == "ranking"} == {"holds", "reversed"}


@pytest.mark.parametrize("language", ["en", "nl"])
def test_pictures_show_what_is_fragile_and_have_words_and_numbers(found, language):
    pictures = {picture.stem: picture for picture in robust_pictures(found, language)}
    assert set(pictures) == {"rankings-shares", "rankings-flips", "claims-shares"}
    (ax,) = pictures["rankings-shares"].figure.axes
    broken = [found.rankings.rankings[i] for i in fragile(found.rankings.rankings)]
    assert len(ax.containers[0]) == len(broken) == len(pictures["rankings-shares"].table.rows)
    assert sorted(bar.get_width() for bar in ax.containers[0]) == pytest.approx(
        sorted(100 * one.share for one in broken)
    )
    panels = pictures["rankings-flips"].figure.axes
    assert 1 <= len(panels) <= 6
    for picture in pictures.values():
        assert len(picture.alt) > 60
        width = picture.figure.get_size_inches()[0] * 2.54
        assert width == pytest.approx(16.6)
    again = robust_pictures(found, language)
    attributes = found.attributes()
    assert render_pictures(again, ["svg"], attributes) == render_pictures(
        robust_pictures(found, language), ["svg"], attributes
    )


def test_bars_say_what_is_unknown_and_where_it_turns(found, ranking):
    one = replace(ranking, n_holds=100, n_reversed=140, n_unknown=16, alone=only(3, "holds", 0.6, "unknown"))
    few = replace(one, strongest=None, alone=only(0, "holds", 0.9, "fails"))
    shown = robust_pictures(replace(found, rankings=replace(found.rankings, rankings=(one, few))))[0]
    (ax,) = shown.figure.axes
    texts = " | ".join(text.get_text().replace("\n", " ") for text in ax.texts)
    assert "matching elasticity: not computed above 0.600; 16 not computed" in texts
    assert "speed of ageing: above 0.900; 16 not computed" in texts
    assert "42%" in texts and "Share of those that could be computed." in " ".join(
        text.get_text().replace("\n", " ") for text in shown.figure.texts
    )


@pytest.mark.parametrize("size", ["full", "column"])
@pytest.mark.parametrize("language", ["en", "nl"])
def test_nothing_leaves_the_sheet(found, language, size):
    for picture in robust_pictures(found, language, size=size):
        width, height = picture.figure.get_size_inches() * 72
        picture.figure.canvas.draw()
        for ax in picture.figure.axes:
            for text in (*ax.texts, *ax.get_yticklabels(), *ax.get_xticklabels()):
                if not text.get_text():
                    continue
                box = text.get_window_extent().transformed(picture.figure.dpi_scale_trans.inverted())
                assert box.x0 >= -0.02 and box.x1 * 72 <= width + 1.5 and box.y1 * 72 <= height, text.get_text()


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_words_of_bars_are_of_those_drawn_and_count_the_others(found, language):
    for picture in robust_pictures(found, language):
        if picture.stem.endswith("-shares"):
            drawn = len(picture.table.rows)
            others = len(found.rankings.rankings if "rankings" in picture.stem else found.claims) - drawn
            assert f"{ {'en': 'each of', 'nl': 'elk van'}[language] } {drawn} " in picture.alt
            assert others and f"{ {'en': 'Not drawn:', 'nl': 'Niet getekend:'}[language] } {others} " in picture.alt
    claims = next(one for one in robust_pictures(found, language) if one.stem == "claims-shares")
    assert {"en": "could be computed", "nl": "te berekenen was"}[language] in claims.alt  # one has rows that were not
