"""The reference pages, made from the code: path below docs/ to Markdown."""

from docs.site import commands, study_file

# What other people's programs may call; docstrings are the reference.
PYTHON = {
    "The equalisers": ["model"],
    "EQ parameters": ["model.eq"],
    "Stimulus sets": ["stimuli.manifest", "stimuli.build"],
    "The study": ["study.design.definition", "study.sessions.running", "study.records.export", "study.recruitment"],
    "The analysis": ["analysis.analyse", "analysis.data.ratings", "analysis.data.reading"],
}


def pages() -> dict[str, str]:
    """Make every page anew."""
    return {
        "reference/study-file.md": study_file.page(),
        "reference/commands.md": commands.page(),
        "reference/python.md": python(),
    }


def python() -> str:
    """The Python interface, which mkdocstrings fills in."""
    lines = ["# Python", "", "Audio is a float array [channels, samples]; units are in the names.", ""]
    for heading, modules in PYTHON.items():
        lines += [f"## {heading}", ""]
        lines += [f"::: {module}\n    options:\n      heading_level: 3\n" for module in modules]
    return "\n".join(lines)
