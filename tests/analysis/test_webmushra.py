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
    with pytest.raises(ValueError, match="not a result file of webMUSHRA"):
        read_webmushra([write(tmp_path, "session_test_id,trial_id,choice_answer\nt,p,a\n")])
    both = [write(tmp_path, MUSHRA, "mushra.csv"), write(tmp_path, LIKERT, "lss.csv")]
    with pytest.raises(ValueError, match="different scales"):
        read_webmushra(both)


BS1116 = """session_test_id,email,session_uuid,trial_id,rating_reference,rating_non_reference,rating_reference_score,\
rating_non_reference_score,rating_time,choice_comment
codecs,a@x,u1,harp,ref,c64,5,3.1,900,
codecs,a@x,u1,harp,ref,c96,4.6,4.2,900,
codecs,b@x,u2,harp,ref,c64,4.8,2.9,800,
"""
WORDS = """session_test_id,session_uuid,trial_id,stimuli_rating,stimuli,rating_time
quality,u1,piano," Good ",C1,3000
quality,u1,piano," bad ",C2,3100
quality,u2,piano," excellent ",C1,2000
"""


def test_bs1116_results_have_the_hidden_reference_as_a_condition(tmp_path):
    table, scale = read_webmushra([write(tmp_path, BS1116)])
    study = from_table(table, scale)
    assert scale == (1, 5) and study.levels("condition") == ["c64", "hidden reference", "c96"]
    grades = study.main.set_index(["participant", "condition"])["rating"]
    assert grades["u1", "hidden reference"] == 4.8 and grades["u2", "hidden reference"] == 4.8
    assert grades["u1", "c96"] == 4.2 and len(grades) == 5


def test_words_of_usual_scales_are_numbers(tmp_path):
    table, scale = read_webmushra([write(tmp_path, WORDS)])
    assert scale == (1, 5) and list(table["rating"]) == [4, 1, 5]


def test_other_words_are_numbers_by_their_order(tmp_path):
    file = write(tmp_path, WORDS.replace("bad", "so so"))
    with pytest.raises(ValueError, match=r"words such as 'excellent', whose place .* --words"):
        read_webmushra([file])
    with pytest.raises(ValueError, match="words such as 'so so'"):
        read_webmushra([file], ["bad", "good", "excellent"])
    table, scale = read_webmushra([file], ["so so", "good", "excellent"])
    assert scale == (1, 3) and list(table["rating"]) == [2, 1, 3]


def test_several_files_of_one_scale_are_read_together(tmp_path):
    files = [write(tmp_path, MUSHRA, "1.csv"), write(tmp_path, MUSHRA.replace("warmth", "width"), "2.csv")]
    table, scale = read_webmushra(files)
    assert from_table(table, scale).levels("descriptor") == ["warmth", "width"]
