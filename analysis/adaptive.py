"""Does the adaptive condition adapt, and does adapting help: its EQ clip by clip, and its advantage where a clip is
further from the descriptor."""

import numpy as np
import pandas as pd
from scipy import stats

from analysis.curves import response_db
from analysis.descriptives import half_width
from analysis.design import with_fixed
from analysis.mixed import fit
from analysis.ratings import Ratings

PARAMETERS = (
    "low_shelf_gain_db",
    "low_shelf_hz",
    *(f"peak_{band}_{what}" for band in (1, 2, 3) for what in ("gain_db", "hz", "q")),
    "high_shelf_gain_db",
    "high_shelf_hz",
)
COLUMNS = ["descriptor", "clips", "slope", "se", "t", "dof", "p", "ci_low", "ci_high", "spearman", "p_spearman"]


def from_manifest(rows: list[dict]) -> pd.DataFrame:
    """Lay out a manifest's stimuli as the table that `check_stimuli` takes: their 13 parameters in columns of their
    own."""
    table = pd.DataFrame([row for row in rows if row.get("kind", "stimulus") == "stimulus"])
    parameters = [list(row) if row is not None else [np.nan] * len(PARAMETERS) for row in table.pop("parameters")]
    return table.join(pd.DataFrame(parameters, columns=list(PARAMETERS), index=table.index))


def check_stimuli(stimuli: pd.DataFrame) -> pd.DataFrame:
    """Take the stimuli that have a clip, a condition and 13 parameters; ValueError where a column is missing."""
    for name in ("clip", "condition", "descriptor", "already_so", *PARAMETERS):
        if name not in stimuli:
            raise ValueError(f"The table of stimuli has no column {name!r}; a stimulus set's manifest.csv has it.")
    chosen = stimuli.dropna(subset=["clip", "condition", "descriptor"]).copy()
    numbers = ["already_so", *PARAMETERS]
    chosen[numbers] = chosen[numbers].astype(object).apply(pd.to_numeric, errors="coerce").astype(float)
    return chosen.astype(dict.fromkeys(["clip", "condition", "descriptor"], str))


def curves(stimuli: pd.DataFrame, descriptor: str, condition: str) -> tuple[list[str], np.ndarray]:
    """Give the clips and their EQ curves in dB, shape [clip, frequency], of one descriptor and condition."""
    rows = stimuli[(stimuli["descriptor"] == descriptor) & (stimuli["condition"] == condition)].dropna(
        subset=list(PARAMETERS)
    )
    return list(rows["clip"]), response_db(rows[list(PARAMETERS)].to_numpy(dtype=float))


def eq_spread(stimuli: pd.DataFrame) -> pd.DataFrame:
    """Measure how much each condition's EQ differs by clip.

    Returns
    -------
    pd.DataFrame
        descriptor, condition, clips; strength_db, the rms of a curve; spread_db, the rms of the curves around their
        mean; spearman, between a clip's strength and how much it already sounds so (an adaptive EQ: negative).
    """
    rows = []
    for (descriptor, condition), group in stimuli.dropna(subset=list(PARAMETERS)).groupby(
        ["descriptor", "condition"], sort=False
    ):
        clips, found = curves(stimuli, descriptor, condition)
        strength = np.sqrt((found**2).mean(axis=1))
        spread = float(np.sqrt(((found - found.mean(axis=0)) ** 2).mean()))
        rho, _ = _spearman(strength, group["already_so"].to_numpy(dtype=float))
        rows.append([descriptor, condition, len(clips), float(strength.mean()), spread, rho])
    return pd.DataFrame(rows, columns=["descriptor", "condition", "clips", "strength_db", "spread_db", "spearman"])


def clip_differences(ratings: Ratings, a: str, b: str, stimuli: pd.DataFrame | None = None) -> pd.DataFrame:
    """Give each clip's mean difference a - b over participants: descriptor, clip, n, diff, ci_low, ci_high,
    already_so."""
    tables = []
    for descriptor in ratings.levels("descriptor"):
        grid = differences(ratings, descriptor, a, b)
        n = np.isfinite(grid).sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.nansum(grid, axis=0) / n
            sd = np.sqrt(np.nansum((grid - mean) ** 2, axis=0) / (n - 1))
        half = half_width(sd, n)
        values = {"clip": ratings.levels("clip"), "n": n, "diff": mean, "ci_low": mean - half, "ci_high": mean + half}
        tables.append(pd.DataFrame({"descriptor": descriptor, **values}))
    table = pd.concat(tables, ignore_index=True)
    if stimuli is not None:
        known = stimuli.drop_duplicates(["descriptor", "clip"]).set_index(["descriptor", "clip"])["already_so"]
        table["already_so"] = [known.get((row.descriptor, row.clip), np.nan) for row in table.itertuples()]
    return table[table["n"] > 0].reset_index(drop=True)


def advantage(ratings: Ratings, a: str, b: str, stimuli: pd.DataFrame) -> pd.DataFrame:
    """Test whether a's advantage over b depends on how much a clip already sounds so.

    Per descriptor, difference ~ already_so (in SDs over clips) + (1 | participant) + (1 | clip) by REML; what varies
    between clips is tested with Student's t on clips - 2 degrees of freedom. A negative slope: the advantage grows
    where the clip is further away.

    Returns
    -------
    pd.DataFrame
        `COLUMNS`; Spearman's correlation is across clips.
    """
    by_clip = clip_differences(ratings, a, b, stimuli)
    rows = []
    for descriptor in ratings.levels("descriptor"):
        known = by_clip[by_clip["descriptor"] == descriptor].set_index("clip")["already_so"]
        x = np.array([known.get(clip, np.nan) for clip in ratings.levels("clip")])
        grid = differences(ratings, descriptor, a, b)
        usable = np.isfinite(x) & np.isfinite(grid).any(axis=0)
        rows.append([descriptor, int(usable.sum()), *_slope(grid[:, usable], x[usable])])
    return pd.DataFrame(rows, columns=COLUMNS)


def _slope(grid: np.ndarray, x: np.ndarray) -> list[float]:
    if len(x) < 4 or x.std() == 0:
        return [np.nan] * (len(COLUMNS) - 2)
    z = (x - x.mean()) / x.std(ddof=1)
    fixed = np.column_stack([np.ones(len(x)), z])
    model = fit(with_fixed(grid, fixed, ["Intercept", "already_so"]))
    if model is None:
        return [np.nan] * (len(COLUMNS) - 2)
    row = model.coefficients.iloc[1]
    dof = len(x) - 2
    t = row["estimate"] / row["se"]
    reach = stats.t.ppf(0.975, dof) * row["se"]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(grid, axis=0) / np.isfinite(grid).sum(axis=0)
    rho, p_rho = _spearman(mean, x)
    p = 2 * stats.t.sf(abs(t), dof)
    return [row["estimate"], row["se"], t, dof, p, row["estimate"] - reach, row["estimate"] + reach, rho, p_rho]


def _spearman(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    both = np.isfinite(x) & np.isfinite(y)
    if both.sum() < 4 or np.ptp(x[both]) < 1e-9 or np.ptp(y[both]) < 1e-9:
        return np.nan, np.nan
    found = stats.spearmanr(x[both], y[both])
    return float(found.statistic), float(found.pvalue)


def differences(ratings: Ratings, descriptor: str, a: str, b: str) -> np.ndarray:
    """Lay out a - b as [participant, clip] for one descriptor."""
    main = ratings.main[ratings.main["descriptor"] == descriptor]
    shape = (len(ratings.levels("participant")), len(ratings.levels("clip")))
    grids = []
    for condition in (a, b):
        rows = main[main["condition"] == condition]
        grid = np.full(shape, np.nan)
        grid[rows["participant"].cat.codes.to_numpy(), rows["clip"].cat.codes.to_numpy()] = rows["rating"].to_numpy()
        grids.append(grid)
    return grids[0] - grids[1]
