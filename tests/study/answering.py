"""Answers that a willing participant gives, for the tests."""

from typing import Any


def answer_to(step: dict[str, Any], rating: int = 4) -> dict[str, Any]:
    """Something that may be answered to a step."""
    kind = step["kind"]
    if kind in ("trial", "practice"):
        return {"rating": rating}
    if kind == "questionnaire":
        return {"answers": {q["id"]: q["options"][0]["value"] for q in step["questions"]}}
    if kind == "headphones":
        return {"choices": [1] * len(step["trials"])}
    return {"consent": {"agreed": True}, "level": {"level_db": -6.0}, "comments": {"text": "fine"}}.get(kind, {})


def walk(client, step: dict[str, Any], until: str = "finished", headers: dict | None = None) -> list[dict[str, Any]]:
    """Answer step after step; returns the steps shown, the one of kind ``until`` last."""
    shown = [step]
    while step["kind"] != until:
        answered = client.post(f"/api/study/step/{step['id']}", json={"answer": answer_to(step)}, headers=headers)
        assert answered.status_code == 200, (step, answered.text)
        step = answered.json()["step"]
        shown.append(step)
    return shown
