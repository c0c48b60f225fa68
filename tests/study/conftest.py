"""A stimulus set of noises, made once."""

import pytest

from tests.study.sets import write_set


@pytest.fixture(scope="session")
def noises(tmp_path_factory):
    return write_set(tmp_path_factory.mktemp("noises"))
