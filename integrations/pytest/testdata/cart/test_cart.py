import pytest
import cart


def check(prices, want):
    assert cart.total(prices) == want, "wrong total"


def test_passes():
    assert cart.total([1]) == 1


def test_total():
    assert cart.total([1, 2]) == 4


def test_helper():
    check([1], 2)


@pytest.mark.parametrize("n", ["a - b", "c"])
def test_param(n):
    assert n == "c"


class TestCart:
    def test_first(self):
        cart.first([])

    @pytest.mark.skip
    def test_skip(self):
        pass


@pytest.fixture
def db():
    raise RuntimeError("no database")


def test_db(db):
    pass
