"""Nothing that a participant's browser receives tells a condition or a clip."""

import json
import re

CONDITIONS = ["original", "semantic", "flow", "static"]
WORDS = re.compile(r"(?<![a-z])(original|semantic|flow|static|baseline|clip\d)(?![a-z])", re.IGNORECASE)
# Gradio's scripts and style are the same for every study; what holds this study's data is searched.
GRADIO = ("/study/assets/", "/study/static/", "/study/theme.css")
# What the words mean in the page's own sources, or in Gradio's configuration of every page.
HARMLESS = re.compile(r"overflow|static/(js|css|fonts|img)|text-overflow|flex-flow|grid-auto-flow")


def reported(texts: dict[str, str]) -> list[str]:
    """Places in which a word of the experiment stands, with its surroundings."""
    found = []
    for place, text in texts.items():
        clean = HARMLESS.sub("", text)
        found += [f"{place}: {clean[max(0, m.start() - 60) : m.end() + 40]}" for m in WORDS.finditer(clean)]
    return found


def received(answers, address) -> dict[str, str]:
    """Addresses, headers and bodies; sound is searched beyond its samples too, where a file may carry tags."""
    texts = {}
    for number, answer in enumerate(answers):
        path = answer.url.removeprefix(address)
        texts[f"address {number}"] = path
        texts[f"headers of {path} ({number})"] = json.dumps(answer.headers_array())
        if answer.status == 200 and not path.startswith(GRADIO):
            texts[f"body of {path} ({number})"] = answer.body()[:100_000].decode("latin-1")
    return texts


def test_no_condition_or_clip_is_named_in_anything_that_reaches_the_browser(serve, visit):
    served = serve(conditions=CONDITIONS, consent=None, questionnaire=None)
    person = visit(served.address)
    answers, texts = [], {}
    person.page.on("response", lambda answer: answers.append(answer))
    person.page.on("console", lambda said: texts.update({f"log {len(texts)}": said.text}))
    person.begin()
    while person.kind != "finished":
        texts[f"page of {person.step}"] = person.page.content()
        person.answer()
    texts |= received(answers, served.address)
    texts["storage"] = person.page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")
    texts["gradio"] = person.page.evaluate("JSON.stringify(window.gradio_config ?? null)")
    texts["cookies"] = json.dumps(person.page.context.cookies())
    sounds = [answer for answer in answers if "/audio/" in answer.url]
    assert len(sounds) >= 12 and len(person.rated) == 13 and len(texts["gradio"]) > 100
    assert reported(texts) == []
    own = {"date", "content-length"}  # the clip has its own
    assert len({json.dumps({k: v for k, v in answer.headers.items() if k not in own}) for answer in sounds}) == 1


def test_the_search_would_find_a_name():
    assert len(reported({"a": "the semantic one", "b": "clip2.flac", "c": '"static"', "d": "overflow: hidden"})) == 3
