from cart import total


class TestCart:
    def test_adds_up(self):
        assert total([1, 2, 3]) == 6
