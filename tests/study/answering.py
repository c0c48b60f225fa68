"""Answers that a willing participant gives, for the tests."""

import time
from collections.abc import Iterable
from itertools import cycle
from typing import Any


def answer_to(step: dict[str, Any], rating: int = 4) -> dict[str, Any]:
    """Something that may be answered to a step."""
    kind = step["kind"]
    if kind in ("trial", "practice"):
        first, *others = [(question["name"], reply_to(question, rating)) for question in step["questions"]]
        if "low" not in step["questions"][0]:
            return {"answers": dict([first, *others])}
        return {"rating": first[1]} | ({"answers": dict(others)} if others else {})
    if kind == "multistimulus":
        n = len(step["sounds"]) - step["has_reference"]
        return {
            "answers": [
                {question["name"]: reply_to(question, 50 + i) for question in step["questions"]} for i in range(n)
            ]
        }
    if kind in ("pair", "abx"):
        return {"choice": "a"} | ({"strength": 1} if step.get("strengths") else {})
    if kind == "questionnaire":
        return {"answers": {q["id"]: q["options"][0]["value"] for q in step["questions"]}}
    if kind == "headphones":
        return {"choices": [1] * len(step["sounds"])}
    return {"consent": {"agreed": True}, "level": {"level_db": -6.0}, "comments": {"text": "fine"}}.get(kind, {})


def reply_to(question: dict[str, Any], rating: int = 4) -> Any:
    """Something that may be answered to a question about a sound."""
    if question["type"] == "choice":
        return question["options"][0]["value"]
    return "fine" if question["type"] == "text" else min(max(rating, question["low"]), question["high"])


def send(client, step: dict[str, Any], answer: dict[str, Any], headers: dict | None = None):
    """Answer a step as the page does: where that is too early, fetch what must be heard, wait, and send it again."""
    while True:
        answered = client.post(f"/api/study/step/{step['id']}", json={"answer": answer}, headers=headers)
        if answered.json().get("error") != "unheard":
            return answered
        for address in answered.json()["unserved"]:
            assert client.get(address).status_code == 200
        time.sleep(answered.json()["retry_after_s"])


def walk(
    client,
    step: dict[str, Any],
    until: str = "finished",
    headers: dict | None = None,
    ratings: Iterable[int] = (4,),
) -> list[dict[str, Any]]:
    """Answer step after step, with these ratings in turn; returns the steps shown, the one of kind ``until`` last."""
    shown, given = [step], cycle(ratings)
    while step["kind"] != until:
        answered = send(client, step, answer_to(step, next(given)), headers)
        assert answered.status_code == 200, (step, answered.text)
        step = answered.json()["step"]
        shown.append(step)
    return shown
