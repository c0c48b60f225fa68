"""Photographs of what experimenters see: `python -m tests.browser.photographs_staff OUT`.

Sign-in, admin page, playground and the report of a set, from `semantic-eq serve` with its default set after twelve
simulated participants; and one picture of the whole way, from study file to report.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.app.deployed import run, served
from tests.app.study_process import free_port
from tests.browser.install import find

TOKEN = "a token that only this server knows"
WIDTHS = {"wide": 1200, "narrow": 380}
SIGN_IN = ("wide-light", "narrow-dark")
ADMIN = ("wide-light", "wide-dark", "narrow-light")
PLAYGROUND = ("wide-light", "wide-dark", "narrow-light", "narrow-dark")
PANEL, GAP = (900, 620), 20
OWN_WORD = ("wide-light", "narrow-dark")
REPORT = ("wide-light", "wide-dark", "narrow-light")


def take(page: Page, name: str, looks: tuple[str, ...], out: Path, whole: bool = True) -> None:
    """The page in each of its ``looks``, all of it or what a screen shows of it."""
    for look in looks:
        size, scheme = look.split("-")
        page.set_viewport_size({"width": WIDTHS[size], "height": 850})
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(500)  # figures are drawn again for the new width
        shot = Image.open(io.BytesIO(page.screenshot(full_page=whole))).convert("RGB")
        shot.quantize(255, dither=Image.Dither.NONE).save(out / f"{name}-{look}.png", optimize=True)


def visit(browser: Browser, address: str, out: Path) -> None:
    """Every page, one after the other."""
    page = browser.new_context(locale="en-GB", reduced_motion="reduce").new_page()
    page.set_default_timeout(120_000)  # the playground loads torch, the report draws its curves
    page.goto(f"{address}/admin")
    take(page, "sign-in", SIGN_IN, out)
    page.get_by_label("Admin token").fill(TOKEN)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("checkbox", name="simulated participants").check()
    page.get_by_role("cell", name="P0012").wait_for()
    take(page, "admin", ADMIN, out)
    playground(page, address, out)
    page.goto(f"{address}/api/admin/stimuli/report")
    page.locator("button").first.wait_for()
    take(page, "report", REPORT, out, whole=False)


def playground(page: Page, address: str, out: Path) -> None:
    """The playground as it opens, and while it is taught a word."""
    page.goto(f"{address}/playground/")
    page.get_by_role("table").wait_for()
    take(page, "playground", PLAYGROUND, out)
    page.get_by_role("button", name="Your own word").click()
    page.get_by_text("Nothing judged yet").wait_for()
    page.get_by_role("button", name="Play").click()
    for number, answer in enumerate(("A little", "Rather not", "Yes, that is it"), 1):
        page.get_by_role("button", name=answer).click()
        page.get_by_text(f"{number} of 10 judged").wait_for()
    take(page, "playground-own-word", OWN_WORD, out)


def overview(browser: Browser, report: Path, out: Path) -> None:
    """One picture: the study file in the workbench, a trial, the admin page, the report."""
    page = browser.new_page(viewport={"width": 1100, "height": 760})
    page.goto(report.as_uri())
    shots = [Image.open(out / f"{name}.png") for name in ("workbench", "trial-light", "admin-wide-light")]
    shots.append(Image.open(io.BytesIO(page.screenshot())))
    width, height = PANEL
    picture = Image.new("RGB", (2 * width + 3 * GAP, 2 * height + 3 * GAP), "#d9dde3")
    for number, shot in enumerate(shots):
        scaled = shot.convert("RGB").resize((width, round(shot.height * width / shot.width)), Image.Resampling.LANCZOS)
        panel = Image.new("RGB", PANEL, "white")
        panel.paste(scaled.crop((0, 0, width, min(height, scaled.height))))
        picture.paste(panel, (GAP + number % 2 * (width + GAP), GAP + number // 2 * (height + GAP)))
    picture.quantize(255, dither=Image.Dither.NONE).save(out / "overview.png", optimize=True)


def main() -> None:
    """Serve, simulate, photograph."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder, port = Path(name), free_port()
        with served(folder, port, "--allow-simulated", "--admin-token", TOKEN, "--playground", "open"):
            address = f"http://127.0.0.1:{port}"
            run("simulate", "-n", 12, "--url", address, folder=folder)
            browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox", "--disable-gpu"])
            visit(browser, address, out)
            run("analyse", "--out", "analysis", folder=folder)
            overview(browser, folder / "analysis" / "report.html", out)
            browser.close()


if __name__ == "__main__":
    main()
