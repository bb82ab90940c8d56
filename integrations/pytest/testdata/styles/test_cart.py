import unittest

import pytest
from cart import total

def test_total():
    assert total([1, 2, 3]) == 6

@pytest.mark.parametrize("a,b", [(1, 2), ("x - y", "z::w")], ids=["one - two", "x[y]"])
def test_param(a, b):
    print("captured")
    assert a == b

class TestCart:
    def test_ok(self):
        pass
    def test_dict(self):
        assert {"a": 1, "b": [1, 2]} == {"a": 1, "b": [1, 3]}
    class TestInner:
        def test_in(self):
            raise ValueError("bad\nvalue")

@pytest.fixture
def broken():
    raise RuntimeError("no fixture")

def test_setup(broken):
    pass

@pytest.fixture
def late():
    yield
    raise RuntimeError("teardown broke")

def test_teardown(late):
    pass

@pytest.mark.skip(reason="not today")
def test_skip():
    pass

@pytest.mark.xfail(strict=True)
def test_strict():
    pass

@pytest.mark.xfail
def test_xfail():
    assert 0

def test_missing(nofixture):
    pass

class Old(unittest.TestCase):
    def test_sub(self):
        for i in range(3):
            with self.subTest(i=i):
                self.assertEqual(i, 1)

def helper(x):
    assert x, "helper says no"

def test_helper():
    helper(0)

def test_subtests(subtests):
    for i in range(3):
        with subtests.test(msg="custom", i=i):
            assert i != 1
