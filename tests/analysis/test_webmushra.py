"""webMUSHRA's result files, in the columns that its service/write.php has written over the years."""

import pytest

from analysis.data.ratings import from_table
from analysis.data.webmushra import read_webmushra

MUSHRA = """session_test_id,email,age,session_uuid,trial_id,rating_stimulus,rating_score,rating_time,rating_comment
warmth,a@x,30,u1,piano,reference,100,5210,
warmth,a@x,30,u1,piano,C1,62,5210,"nice, but thin"
warmth,b@x,41,u2,piano,reference,97,8000,
warmth,b@x,41,u2,piano,C1,40,8000,
"""
LIKERT = """session_test_id,email,trial_id,stimuli_rating,stimuli,rating_time
warmth,a@x,piano," 5 ",C1,3000
warmth,a@x,piano," 3 ",C2,3100
warmth,b@x,piano," 6 ",C1,2000
warmth,b@x,piano," not_a_number ",C2,2000
"""


def write(tmp_path, text, name="results.csv"):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_mushra_results_are_on_a_scale_to_100(tmp_path):
    table, scale = read_webmushra([write(tmp_path, MUSHRA)])
    study = from_table(table, scale)
    assert scale == (0, 100)
    assert [study.levels(c) for c in ("participant", "clip", "condition")] == [
        ["u1", "u2"],
        ["piano"],
        ["reference", "C1"],
    ]
    assert list(study.main["rating"]) == [100, 62, 97, 40] and list(study.main["rt_ms"]) == [5210, 5210, 8000, 8000]


def test_likert_results_tell_participants_by_their_questionnaire(tmp_path):
    table, scale = read_webmushra([write(tmp_path, LIKERT.replace("not_a_number", "2"))])
    study = from_table(table)
    assert scale is None
    assert study.levels("participant") == ["a@x", "b@x"] and list(study.main["rating"]) == [5, 3, 6, 2]


def test_text_in_place_of_a_rating_is_named_by_its_line(tmp_path):
    table, _ = read_webmushra([write(tmp_path, LIKERT)])
    with pytest.raises(ValueError, match=r"Row 5, column 'rating': ' not_a_number '"):
        from_table(table)


def test_other_files_and_mixtures_are_refused(tmp_path):
    with pytest.raises(ValueError, match="no result file of webMUSHRA"):
        read_webmushra([write(tmp_path, "session_test_id,trial_id,choice_answer\nt,p,a\n")])
    both = [write(tmp_path, MUSHRA, "mushra.csv"), write(tmp_path, LIKERT, "lss.csv")]
    with pytest.raises(ValueError, match="different scales"):
        read_webmushra(both)
