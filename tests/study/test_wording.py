"""The page of what was asked has every question, word for word, in every language."""

from study.records.wording import as_markdown
from tests.study.test_plan import shipped

EARS = {"en": "Ears?", "de": "Ohren?"}
OPTIONS = {"one": {"en": "One", "de": "Eins"}, "two|2": {"en": "Two", "de": "Zwei"}}
QUESTIONS = [{"id": "ear", "label": EARS, "options": OPTIONS}, {"id": "age", "label": "Age", "type": "number"}]
PAGE = """# What was asked

Languages of the page: `en`, `de`.

## Block 1 (single): `descriptor`, scale from 1 to 7

| language | descriptor | question | labels |
| --- | --- | --- | --- |
| en | warm | How warm does this sound? | 1 = not at all warm; 7 = extremely warm |
| de | warm | Wie warm klingt das? | 1 = gar nicht warm; 7 = äußerst warm |
| en | bright | How bright does this sound? | 1 = not at all bright; 7 = extremely bright |
| de | bright | Wie hell klingt das? | 1 = gar nicht hell; 7 = äußerst hell |
| en | airy | How airy does this sound? | 1 = not at all airy; 7 = extremely airy |
| de | airy | Wie luftig klingt das? | 1 = gar nicht luftig; 7 = äußerst luftig |

"""
QUESTIONNAIRE = """## Questionnaire

| column | type | language | question | options |
| --- | --- | --- | --- | --- |
| `question_ear` | choice | en | Ears? | one = One; two/2 = Two |
| `question_ear` | choice | de | Ohren? | one = Eins; two/2 = Zwei |
| `question_age` | number | en | Age |  |
| `question_age` | number | de | Age |  |
"""


def test_every_question_is_there_in_every_language():
    languages = ["en", "de"]
    assert as_markdown(shipped(languages=languages, questionnaire={"questions": QUESTIONS})) == PAGE + QUESTIONNAIRE
    assert as_markdown(shipped(languages=languages, questionnaire=None)) == PAGE[:-1]
    other = as_markdown(shipped(blocks=[{"paradigm": "single", "descriptors": ["airy"]}], questionnaire=None))
    assert "How airy" in other and "warm" not in other
