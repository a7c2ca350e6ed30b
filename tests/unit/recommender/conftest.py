"""A model of the generated catalogue, fitted once, and small things to make histories of."""

import pytest

from recommender import TitleState
from recommender.training import fit
from scripts.importers import sample

NOW = sample.END


@pytest.fixture(scope="session")
def data():
    return sample.generate(viewers=200)


@pytest.fixture(scope="session")
def histories(data):
    return data.histories


@pytest.fixture(scope="session")
def model(data, histories):
    return fit(data.titles, histories, version="test", now=NOW)


@pytest.fixture
def rated():
    """Makes a history: ``rated(title_id=stars, …)`` or of a mapping, all rated just now."""

    def make(stars):
        return {
            title_id: TitleState(title_id=title_id, rating=given, rated_at=NOW - 60)
            for title_id, given in stars.items()
        }

    return make
