"""What is robust, as readers are told: sentences, tables and pictures in both languages, no digits that the rows do not bear."""

from __future__ import annotations

from dataclasses import replace

import pytest

import sdsocec
from sdsocec.analysis.checks import CheckResult
from sdsocec.analysis.robust import ClaimResult, Flip, Split, Strongest, claims_of, robust
from sdsocec.report.picture import render_pictures
from sdsocec.report.robust_figures import robust_pictures
from sdsocec.report.robust_tables import data_tables, fragile, inputs_line, printed_claims, printed_rankings
from sdsocec.report.robust_words import Words

NEVER = ((), (), (), (), (), ())  # the six inputs of the model


@pytest.fixture(scope="module")
def found():
    model = sdsocec.load_model("first_steps")
    ranked = robust(model, n=256, only="rankings")
    claims = claims_of(model, trust_code=True)
    fares = [(40, 24, 0, True), (64, 0, 0, True), (10, 50, 4, False)]
    split = Split(4, 0.296, (0, 20), (40, 44), 0.9, 1e-6)
    alone = ((), (), (), (), (Flip(0.2963, False),), ())
    results = tuple(
        ClaimResult(
            claim, CheckResult(claim.check, holds, "0.4"), n_holds, n_fails, n_unknown, (0.1, 0.9),
            split if n_fails else None, alone if n_fails else NEVER,
        )
        for claim, (n_holds, n_fails, n_unknown, holds) in zip(claims, fares, strict=False)
    )  # fmt: skip
    return replace(ranked, claims=results, claims_n=64)


@pytest.fixture
def ranking(found):
    """Unemployed, lower in Public-private (3) than in Regular (2)."""
    one = next(r for r in found.rankings.rankings if (r.output, r.first, r.second) == ("unemployed", 3, 2))
    return replace(
        one, n_holds=1987, n_ties=0, n_reversed=61, n_unknown=0, strongest=Strongest(3, 0.622, 0.01), alone=NEVER, split=None
    )  # fmt: skip


def sentence(found, ranking, language="en"):
    return Words(found, language).ranking_sentence(ranking)


START = "In 2020 'unemployed' is lower in Public-private than in Regular in "
START_NL = "In 2020 is 'werklozen' in Publiek-privaat lager dan in Regulier in "


def test_a_ranking_says_its_share_what_decides_and_where_it_flips(found, ranking):
    one = replace(ranking, alone=((), (), (), (Flip(0.5764, True),), (), ()))
    assert sentence(found, one) == (
        START
        + "97% of 2,048 plausible inputs. Matching elasticity explains 62% of the variation in the difference; alone, it "
        "turns the ranking round above 0.576."
    )
    assert sentence(found, one, "nl") == (
        START_NL
        + "97% van 2\u202f048 plausibele combinaties van aannames. Elasticiteit van matching verklaart 62% van de "
        "spreiding in het verschil; op zichzelf keert dit de volgorde om boven 0,576."
    )


def test_several_places_are_named_with_their_unit(found, ranking):
    one = replace(
        ranking, strongest=Strongest(4, 0.5, 0.01), alone=((), (), (), (), (Flip(0.3, False), Flip(0.4, True)), ())
    )
    assert sentence(found, one).endswith(
        "; alone, it turns the ranking round below 0.300 per year or above 0.400 per year."
    )
    one = replace(one, alone=((), (), (), (), (Flip(0.3, True), Flip(0.4, False)), ()))
    assert sentence(found, one, "nl").endswith("keert dit de volgorde om tussen 0,300 en 0,400 per jaar.")


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
    said = sentence(found, replace(ranking, n_ties=100, n_unknown=5))
    assert " In 100 the two are too near to tell apart. 5 could not be computed and do not count. " in said
    assert "too near" not in sentence(found, replace(ranking, n_ties=3)), "less than one in a hundred says nothing"


def test_no_input_that_beats_chance_decides(found, ranking):
    one = replace(ranking, strongest=Strongest(3, 0.01, 0.02))
    assert sentence(found, one).endswith("plausible inputs. No single input decides.")
    one = replace(one, alone=((Flip(1.2, True),), (), (), (), (), ()))
    assert sentence(found, one).endswith("Alone, what turns the ranking round: speed of ageing above 1.200.")


def test_where_none_flips_alone_the_split_tells(found, ranking):
    one = replace(ranking, split=Split(0, 0.95, (300, 380), (1640, 1668), 0.5, 1e-9))
    assert sentence(found, one).endswith(
        "explains 62% of the variation in the difference, but no input turns the ranking round alone. With speed of ageing up "
        "to 0.950 it holds in 79% of 380; above in 98% of 1,668."
    )
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
        "in 10 of 60 plausible inputs. 4 could not be computed"
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
    others = sum(int(piece.split(":")[-1].strip(" .")) for piece in part.below[0].split(": ", 1)[1].split(";"))
    assert others + len(broken) == len(found.rankings.rankings) == 30
    assert len(printed_claims(found, language).sentences) == 2
    assert "imitation" not in inputs_line(found, "nl")


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
    flips = {(row[1], row[4], row[5]) for row in tables["flips"].rows if row[0] == "claim"}
    assert flips == {("so_is_a_hype", "imitation", 0.2963), ("so_carries_sheltered_work", "imitation", 0.2963)}


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
