"""Paired comparisons as a folder of files: tables, figures, paragraphs and a page."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd

from analysis.data.pairs import Pairs
from analysis.numbers import counted, listed
from analysis.statistics import preferences, transitivity
from analysis.statistics.preferences import Scale
from analysis.statistics.results import compared_conditions
from analysis.statistics.table import Table
from analysis.writing.document import Document, with_deviations, write_document
from analysis.writing.folder import whole_folder
from analysis.writing.pairs_figures import choices_figure, preferences_figure
from analysis.writing.pairs_prose import answer, results
from analysis.writing.report import Beside

CAPTIONS = {
    "preferences": "Log-worth of each condition: the log-odds of being chosen over an average one; 95 % CIs over "
    "listeners and for new music; worths sum to one within a descriptor.",
    "preference_pairs": "Every pair: what was chosen, the log-odds of a over b in decided comparisons and the share "
    "that they are, p adjusted after Holm within descriptor.",
    "preference_tests": "Are all conditions chosen alike (F over listeners), and does one scale describe the choices "
    "(deviance, answers taken as independent; a small p: it does not).",
    "preference_terms": "Position: log-odds that being first adds. Same: readiness to call two sounds the same. "
    "Probability: of choosing the first, and of `same`, between equals.",
    "consistency": "Circular triads (a over b, b over c, c over a) of each listener, how many guessing would give, "
    "Kendall's zeta.",
    "agreement": "Kendall's coefficient of agreement u between listeners.",
    "transitivity": "Circular triads of all listeners (p: of so few by guessing), and triples of conditions whose "
    "pooled choices break weak, moderate and strong stochastic transitivity.",
}
FIGURES = {
    "preferences": "The scale of each descriptor; thick: 95% CI over listeners, for these clips; thin: for new music.",
    "choices": "What was chosen in every pair.",
}


def analyse_pairs(
    pairs: Pairs,
    out: str | Path,
    title: str = "Paired comparisons",
    compared: tuple[str, str] | None = None,
    step: Callable[[str], None] = lambda name: None,
    beside: tuple[Beside, ...] = (),
    deviations: pd.DataFrame | None = None,
) -> Document:
    """Scale paired comparisons and write tables, figures, paragraphs and `report.html` into a folder.

    Parameters
    ----------
    pairs
        Checked comparisons, `analysis.data.pairs.from_table`.
    out
        Folder, made where it is not there and written whole or not at all. The same comparisons give the same bytes.
    title
        Of the page.
    compared
        The two conditions of the main question; None takes semantic and static, else the first two.
    step
        Called with the name of each step as it starts.
    beside
        The study's other analyses, whose answers the page gives too.
    deviations
        What was done otherwise than preregistered; None without a preregistration.

    Returns
    -------
    Document
        What was written: `document["preferences"]` is a table, `document.answer` its first sentences.
    """
    pair = compared_conditions(list(pairs.conditions), compared) or ("", "")
    scales = {}
    for descriptor in pairs.levels("descriptor"):
        step(f"scaling {descriptor}")
        scales[descriptor] = preferences.scale(pairs, descriptor)
    tables = {
        "preferences": preferences.preferences(scales),
        "preference_pairs": preferences.pair_tests(scales),
        "preference_tests": preferences.tests(pairs, scales),
        "preference_terms": preferences.terms(scales),
        "consistency": transitivity.consistency(pairs),
        "agreement": transitivity.agreement(pairs),
        "transitivity": transitivity.transitivity(pairs),
    }
    step("report")
    document = with_deviations(replace(_document(title, pairs, pair, scales, tables), beside=beside), deviations)
    with whole_folder(Path(out)) as folder:
        write_document(document, folder)
    return document


def _document(
    title: str, pairs: Pairs, compared: tuple[str, str], scales: dict[str, Scale], tables: dict[str, pd.DataFrame]
) -> Document:
    of = {name: Table(name, CAPTIONS[name], data) for name, data in tables.items()}
    return Document(
        title,
        answer(tables, compared),
        {
            "Preferences": [of["preferences"], of["preference_tests"]],
            "Pairs": [of["preference_pairs"]],
            "Position and ties": [of["preference_terms"]],
            "Consistency and agreement": [of["agreement"], of["transitivity"], of["consistency"]],
        },
        {
            "preferences": (lambda: preferences_figure(tables["preferences"]), FIGURES["preferences"]),
            "choices": (lambda: choices_figure(tables["preference_pairs"]), FIGURES["choices"]),
        },
        {"Preferences": ("preferences",), "Pairs": ("choices",)},
        {"methods": methods(pairs, scales), "results": results(tables, compared, scales)},
        pairs.notes,
        pairs.simulated,
        frozenset({"consistency"}),
    )


def methods(pairs: Pairs, scales: dict[str, Scale]) -> str:
    """Write the methods section: what was compared by how many, and by which model."""
    main, ties = pairs.main, any(scale.comparisons.ties for scale in scales.values())
    people, clips = main["participant"].nunique(), main["clip"].nunique()
    allowed = " Listeners could call two sounds the same." if ties else " Listeners had to choose."
    left_out = f" {pairs.left_out}" if pairs.left_out else ""
    model = "the Bradley–Terry model" + (" with ties (Davidson, 1970)" if ties else "")
    position = " and an effect of position (Davidson & Beaver, 1977)" if pairs.ordered else ""
    music = (
        " For new music the variances of drawing listeners and of drawing clips were added and that of drawing single "
        "answers was taken off (two-way clustering; Cameron, Gelbach & Miller, 2011), with Satterthwaite's degrees of "
        "freedom."
        if clips >= preferences.FEWEST_CLIPS
        else ""
    )
    return (
        "# Methods\n\n## Design\n\n"
        f"{counted(people, 'participant')} gave {counted(len(main), 'paired comparison')} of "
        f"{counted(len(pairs.conditions), 'condition')} ({', '.join(pairs.conditions)}) on {counted(clips, 'clip')}, "
        f"for {listed(pairs.levels('descriptor'))}.{allowed}{left_out}\n\n## Analysis\n\n"
        f"Choices were scaled within each descriptor by {model}{position}, fitted by maximum likelihood. Standard "
        f"errors are of {preferences.DRAWS:,} bootstrap samples of whole listeners, tests and 95% confidence intervals "
        "of Student's t on listeners minus one degrees of freedom, so that one listener's answers need not be "
        f"independent.{music} Pairs of conditions were tested with Holm's correction within descriptor, all conditions "
        "together by Hotelling's T². Whether one scale describes the choices was tested by the deviance from a model "
        "with free probabilities for every pair. Consistency is Kendall's zeta from circular triads, agreement "
        "Kendall's u (Kendall & Babington Smith, 1940). The tests of the software compare these "
        "statistics with R's psychotools, BradleyTerry2 and glm.\n"
    )
