"""The admin page as the experimenter uses it, on a set of real music: watch, invite, pause, listen to the set."""

import pytest
from playwright.sync_api import expect

from app.server import create_app
from app.settings import Settings
from tests.app.study_process import free_port
from tests.browser.study_server import TOKEN, in_thread, write_study


@pytest.fixture(scope="module")
def address(tmp_path_factory, small_set):
    folder = tmp_path_factory.mktemp("admin")
    study = write_study(folder / "study.json", n_descriptors=2, conditions=["original", "semantic", "flow", "static"])
    url = f"sqlite:///{folder}/study.sqlite"
    app = create_app(Settings(database_url=url, stimuli=small_set.folder, study_file=study, admin_token=TOKEN))
    with in_thread(app, free_port()) as address:
        yield address


@pytest.fixture
def page(visit, address):
    page = visit(address).page
    page.goto(f"{address}/admin")
    page.get_by_label("Admin token").fill(TOKEN)
    page.get_by_role("button", name="Sign in").click()
    page.locator(".numbers").wait_for()
    return page


def test_wrong_token_is_reported_and_opens_nothing(visit, address):
    page = visit(address).page
    page.goto(f"{address}/admin")
    page.get_by_label("Admin token").fill("not the token")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not the token")
    page.goto(f"{address}/admin/")
    expect(page.get_by_label("Admin token")).to_be_visible()


def test_study_is_paused_and_opened_again(page):
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".pill")).to_have_text("paused")
    page.get_by_role("button", name="Take participants").click()
    expect(page.locator(".pill")).to_have_text("open")


def test_invitation_codes_are_made_and_shown(page):
    page.get_by_label("Number of codes").fill("3")
    page.get_by_role("button", name="Make codes").click()
    codes = page.get_by_label("Invitation codes")
    expect(codes).to_be_visible()
    assert len(set(codes.input_value().split())) == 3


def test_ratings_stay_hidden_behind_a_warning(page):
    ratings = page.get_by_role("region", name="Ratings so far")
    expect(ratings).to_contain_text("makes false positives likelier")
    ratings.get_by_role("button").click()
    expect(page.locator(".message.alarm")).to_contain_text("Nobody has completed the study")


def test_export_downloads_an_archive(page):
    with page.expect_download() as started:
        page.get_by_role("button", name="Download everything").click()
    assert started.value.suggested_filename == "study.zip"
    assert started.value.path().read_bytes()[:2] == b"PK"


@pytest.mark.slow
def test_set_report_plays_a_stimulus(page, address):
    page.set_default_timeout(60_000)
    page.goto(f"{address}/api/admin/stimuli/report")
    expect(page.locator("h1")).to_contain_text("small")
    with page.expect_response("**/api/admin/stimuli/audio/*.flac") as heard:
        page.locator("button").first.click()
    assert heard.value.status in (200, 206)


def test_other_browsers_are_listed_and_signed_out(page, visit, address):
    other = visit(address).page
    other.goto(f"{address}/admin")
    other.get_by_label("Admin token").fill(TOKEN)
    other.get_by_role("button", name="Sign in").click()
    signed_in = other.get_by_role("region", name="Signed in").last
    expect(signed_in.locator("tbody tr").first).to_contain_text("this browser")
    signed_in.get_by_role("button", name="Sign out all others").click()
    expect(signed_in.locator("tbody tr")).to_have_count(1)
    expect(signed_in.get_by_role("button", name="Sign out all others")).to_be_hidden()
    again = page.context.new_page()  # the page itself may be loading again, since it asks every 15 s
    again.goto(f"{address}/admin")
    expect(again.get_by_label("Admin token")).to_be_visible()


@pytest.mark.slow
def test_a_participant_is_readmitted_in_another_browser(page, visit, address):
    person = visit(address).begin("?PROLIFIC_PID=ada")
    person.answer()
    people = page.get_by_role("region", name="People")
    for who, said in (("nobody", "nobody was readmitted"), ("ada", "may go on in another browser once")):
        people.get_by_label("Participant").fill(who)
        people.get_by_role("button", name="Readmit").click()
        expect(page.locator(".message")).to_contain_text(said)
    elsewhere = visit(address).begin("?PROLIFIC_PID=ada")
    assert elsewhere.step == person.step


def test_signing_out_shuts_the_page(page, address):
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_label("Admin token").wait_for()
    assert page.request.get(f"{address}/api/admin").status == 401
