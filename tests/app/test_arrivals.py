"""What simulated participants bring: a link or an invitation code each, from the files that the commands write."""

import pytest

from app.commands.simulate import _arrivals, arrival_of


@pytest.mark.parametrize(
    ("text", "brought"),
    [
        ("https://x.org/study/?who=5f3e&signature=ab", {"parameters": {"who": "5f3e", "signature": "ab"}}),
        ("https://x.org/study/?invitation=abc-de", {"parameters": {}, "invitation": "abc-de"}),
        ("abc-de", {"parameters": {}, "invitation": "abc-de"}),
        ("https://x.org/study/?", {"parameters": {}}),
    ],
)
def test_a_link_brings_its_parameters_and_a_code_itself(text, brought):
    assert arrival_of(text) == brought


@pytest.mark.parametrize(("n", "enough"), [(1, True), (2, True), (3, False)])
def test_each_participant_needs_one_of_their_own(tmp_path, n, enough):
    file = tmp_path / "links.csv"
    file.write_text("id,link\n1,?who=a\n\n2, ?who=b \n,\n", encoding="utf-8-sig")
    if enough:
        assert [each["parameters"]["who"] for each in _arrivals(file, n)] == ["a", "b"]
    else:
        with pytest.raises(ValueError, match="has 2 links or codes for 3 participants"):
            _arrivals(file, n)
