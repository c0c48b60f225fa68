"""Weights of another version or another kind are refused in a sentence, whichever system reads them."""

import pytest
import torch

from model import FlowEQ, PersonalWord, ReferenceEQ, RidgeEQ, SemanticEQ, StaticEQ, checkpoint

LOADERS = {
    "semantic": SemanticEQ.load,
    "flow": FlowEQ.load,
    "static": StaticEQ.load,
    "ridge": RidgeEQ.load,
    "reference": ReferenceEQ.load,
    "personal": lambda path: PersonalWord.load("warm", path),
}


@pytest.mark.parametrize("about", [{}, {"descriptors": ["warm"], "semantic": "0" * 64}])
@pytest.mark.parametrize("kind", [kind for kind in LOADERS if kind != "flow"])
def test_weights_that_lack_what_this_version_needs_are_refused(kind, about, tmp_path):
    path = checkpoint.write(tmp_path, kind, {"old": torch.zeros(3)}, about)
    with pytest.raises(ValueError, match=rf"{path.name} was written by another version of this model: train it again"):
        LOADERS[kind](path)


@pytest.mark.parametrize("kind", LOADERS)
def test_weights_of_another_kind_are_refused(kind):
    other = checkpoint.shipped("static" if kind == "flow" else "flow")
    with pytest.raises(ValueError, match=f"expected '{kind}'"):
        LOADERS[kind](other)
