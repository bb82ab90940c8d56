import pytest
from cart import total, label, items

def test_total():
    print("three prices")
    assert total([1, 2, 3]) == 6

class TestLabel:
    def test_label(self):
        assert label("ann") == "cart of bob"

    @pytest.mark.parametrize("name", ["a::b", "c[d]"])
    def test_param(self, name):
        assert label(name) == "x"

def test_items():
    assert items() == {"apple": 1, "pear": [1, 2, 4], "plum": None}

def test_lists():
    assert [1, 2, 3] == [1, 3]

def test_lines():
    assert "a\nb\nc" == "a\nx\nc"

def test_passes():
    pass
