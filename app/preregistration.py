"""A study frozen before it begins, by hash, and what an analysis then did otherwise.

`preregistration.json` holds the study file, the stimulus set's hash, the compared conditions, the planned numbers of
participants and the version of the analysis. Its own SHA-256, the seal, is what to deposit elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from analysis.analyse import Settings
    from study.design.definition import Definition
    from study.design.stimuli import StimulusSet

NAME = "preregistration.json"
DEFAULT = "data/preregistration"
COLUMNS = ["part", "what", "preregistered", "found"]
UNKNOWN = "not known"
ANALYSIS = Path(__file__).parents[1] / "analysis"
SOURCES = {".py", ".R", ".css", ".bib"}


@dataclass(frozen=True)
class Done:
    """What an analysis was made with, to be held against a preregistration.

    Attributes
    ----------
    definition, manifest
        Of the study and its set; None where only a table was given.
    settings, order
        Of the analysis, after the command's options.
    compared
        The two conditions of the main question.
    participants
        How many completed; without a table of sessions, how many are in the table.
    options
        Options of the command that change the analysis, as they were given.
    """

    definition: Mapping[str, Any] | None
    manifest: Mapping[str, Any] | None
    settings: Settings
    order: Mapping[str, list[str] | None]
    compared: tuple[str, str] | None
    participants: int
    options: Mapping[str, str]


def analysis_version() -> dict[str, str]:
    """Give the version of this program, and the hash of all sources of the analysis."""
    from study.sessions.running import versions

    digest = hashlib.sha256()
    for path in sorted(path for path in ANALYSIS.rglob("*") if path.suffix in SOURCES):
        digest.update(f"{path.relative_to(ANALYSIS).as_posix()}\n".encode() + path.read_bytes())
    return {"version": versions()["semantic-eq"], "sources_sha256": digest.hexdigest()}


def frozen(
    definition: Definition, stimuli: StimulusSet, compared: tuple[str, str] | None, participants: int | None
) -> dict[str, Any]:
    """Give what is frozen: the content of `preregistration.json` but for its date and files.

    Parameters
    ----------
    compared
        The conditions of the main question.
    participants
        The planned number; None: the last look, else the study's cap, else none is planned.
    """
    looks = definition.analysis.looks
    planned = participants or (looks[-1] if looks else definition.recruitment.cap)
    return {
        "format": 1,
        "study": definition.model_dump(mode="json"),
        "study_sha256": definition.sha256,
        "set_sha256": stimuli.sha256,
        "compared": list(compared) if compared else None,
        "participants": looks or ([planned] if planned else []),
        "analysis": analysis_version(),
    }


def read(folder: Path) -> tuple[dict[str, Any], str]:
    """Read what was registered and its seal.

    Raises
    ------
    ValueError
        There is none, or a file beside it is not the one that was registered.
    """
    path = folder / NAME
    try:
        content = path.read_bytes()
        plan = json.loads(content)
    except FileNotFoundError:
        raise ValueError(
            f"There is no preregistration in {folder}; `semantic-eq study preregister` writes one."
        ) from None
    except ValueError:
        raise ValueError(f"{path} is not what `semantic-eq study preregister` writes.") from None
    for name, sha256 in plan["files"].items():
        found = folder / name
        if not found.is_file() or hashlib.sha256(found.read_bytes()).hexdigest() != sha256:
            raise ValueError(f"{found} is not the file that was registered, which {NAME} knows by its hash.")
    return plan, hashlib.sha256(content).hexdigest()


def deviations(plan: Mapping[str, Any], done: Done) -> pd.DataFrame:
    """List what was done otherwise than registered: `COLUMNS`, a row each; none where nothing was."""
    import pandas as pd

    rows = [*_study(plan, done), *_stimuli(plan, done), *_question(plan, done), *_version(plan)]
    rows += [("command", name, "", value) for name, value in done.options.items()]
    return pd.DataFrame(rows, columns=COLUMNS)


Row = tuple[str, str, str, str]


def _study(plan: Mapping[str, Any], done: Done) -> Iterator[Row]:
    """Give the study file's keys, as the analysis took them, that differ."""
    planned = dict(_flat(_comparable(plan["study"])))
    if done.definition is None:
        yield "study file", "the whole file", plan["study_sha256"], UNKNOWN
    found = dict(_flat(_comparable(_taken(done, plan["study"]["screening"]))))
    compared = planned.keys() | found.keys() if done.definition is not None else found.keys()
    for key in sorted(compared):
        if planned.get(key) != found.get(key):
            part = key.split(".")[0] if key.split(".")[0] in ("screening", "analysis") else "study file"
            yield part, key, _shown(planned.get(key)), _shown(found.get(key))


def _taken(done: Done, screening: Mapping[str, Any]) -> dict[str, Any]:
    """Give the study file as the analysis took it: with the rules, scale, margin and orders that it was given."""
    from study.design.definition import parse

    known = done.definition is not None
    file = parse(dict(done.definition)).model_dump(mode="json") if done.definition is not None else {}
    rules = asdict(done.settings.rules) if done.settings.rules else {}
    file["screening"] = {name: rules.get(name) for name in file.get("screening", screening)}
    file["analysis"] = file.get("analysis", {}) | {"smallest_effect": done.settings.smallest_effect}
    if done.order.get("condition"):
        file["conditions"] = done.order["condition"]
    if known and done.settings.scale:
        file["scale"] = file["scale"] | dict(zip(("low", "high"), map(int, done.settings.scale), strict=True))
    return file


def _comparable(study: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out where the preregistration lies, which changes nothing."""
    analysis = {key: value for key, value in study["analysis"].items() if key != "preregistration"}
    return {**study, "analysis": analysis}


def _flat(tree: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Give every value of nested tables by its dotted name; numbers that are equal are the same."""
    if isinstance(tree, dict) and tree:
        for key, value in tree.items():
            yield from _flat(value, f"{name}.{key}" if name else key)
    elif isinstance(tree, list) and any(isinstance(item, dict) for item in tree):
        for number, item in enumerate(tree, start=1):
            yield from _flat(item, f"{name}.{number}")
    else:
        yield name, tree


def _stimuli(plan: Mapping[str, Any], done: Done) -> Iterator[Row]:
    from study.design.stimuli import StimulusSet

    found = StimulusSet(None, json.dumps(done.manifest)).sha256 if done.manifest else UNKNOWN
    if found != plan["set_sha256"]:
        yield "stimulus set", "SHA-256", plan["set_sha256"], found


def _question(plan: Mapping[str, Any], done: Done) -> Iterator[Row]:
    compared = list(done.compared) if done.compared else None
    if compared != plan["compared"]:
        yield "contrast", "compared conditions", _pair(plan["compared"]), _pair(compared)
    planned = plan["participants"]
    if planned and done.participants not in planned:
        yield "participants", "completed", " or ".join(map(str, planned)), str(done.participants)


def _version(plan: Mapping[str, Any]) -> Iterator[Row]:
    for name, value in analysis_version().items():
        if value != plan["analysis"][name]:
            yield "analysis", name, plan["analysis"][name], value


def _pair(compared: list[str] | None) -> str:
    return " - ".join(compared or []) or "none"


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
