"""The numbers of the command line: what an option is when it is not given, and its limits."""

import pytest

from docs.site import commands

# Command and option: default, least, most.
NUMBERS = {
    "deploy check http_port": (80, 1, 65_535),
    "evaluate max_clips": (40, None, None),
    "power seed": (1, None, None),
    "power simulations": (20_000, None, None),
    "process intensity": (1.0, None, None),
    "profile step": (5.0, None, None),
    "profile window": (10.0, None, None),
    "serve port": (7860, 1, 65_535),
    "serve workers": (1, 1, None),
    "simulate bias": (0.6, 0, None),
    "simulate clip": (0.4, 0, None),
    "simulate concurrency": (12, 1, None),
    "simulate dropout": (0.0, 0, 1),
    "simulate inattentive": (0.05, 0, 1),
    "simulate lapse": (0.02, 0, 1),
    "simulate n": (12, 1, None),
    "simulate noise": (1.0, 0, None),
    "simulate same": (-1.0, None, None),
    "simulate seed": (0, None, None),
    "simulate sensitivity": (2.0, 0, None),
    "simulate think": (0.0, 0, None),
    "simulate wait": (300.0, 0, None),
    "stimuli build max_clips": (None, 1, None),
    "stimuli build rate": (44_100, None, None),
    "stimuli build seconds": (10.0, None, None),
    "stimuli build seed": (0, None, None),
    "stimuli build workers": (None, 1, None),
    "study attack sessions": (8, 3, None),
    "study invite n": (1, 1, None),
    "study rehearse participants": (6, 3, None),
    "train clap_clips": (500, None, None),
    "train fma_ratio": (0.0, None, None),
    "train musdb_ratio": (0.0, None, None),
    "train seed": (0, 0, None),
}
# What deletes, shows or trusts more than usual is asked for.
OFF = (
    *("export identifiers", "withdraw yes", "serve allow_simulated", "quality simulated", "interim-means simulated"),
    *("interim-means yes", "simulate fetch_audio", "analyse simulated", "evaluate held_out_only", "train wandb"),
    *("evaluate all_settings", "stimuli build anchors", "stimuli build replace", "stimuli export sources"),
    *("stimuli export wav", "stimuli report embed", "study status simulated", "package simulated", "package free_text"),
    "deploy check simulated",
)
FOUND = {
    f"{name} {option.name}": (option.default, getattr(option, "min", None), getattr(option, "max", None))
    for name, command in commands.visible().items()
    for option in commands.options(command)
}


@pytest.mark.parametrize("option", NUMBERS)
def test_an_option_has_this_default_and_these_limits(option):
    assert FOUND[option] == NUMBERS[option]


@pytest.mark.parametrize("option", OFF)
def test_what_does_more_than_usual_is_off(option):
    assert FOUND[option][0] is False
