import unittest

import cart


class TestCart(unittest.TestCase):
    def test_total(self):
        self.assertEqual(cart.total([1, 2]), 3)

    def test_empty(self):
        """An empty cart costs nothing.

        Nobody reads on."""
        self.assertEqual(cart.total([]), 1)

    def test_documented(self):
        """Prices are added."""
        self.assertEqual(cart.total([1]), 1)

    def test_prints(self):
        print("printed by the test")
        self.assertEqual({"who": "ada", "items": [1, 2, 3]}, {"who": "bob", "items": [1, 3]})

    def test_breaks(self):
        cart.first([])

    @unittest.skip("not written yet")
    def test_later(self):
        pass

    @unittest.expectedFailure
    def test_known(self):
        self.assertEqual(1, 2)

    @unittest.expectedFailure
    def test_surprise(self):
        pass

    def test_each(self):
        for n in range(3):
            with self.subTest("price", n=n):
                self.assertEqual(cart.total([n]), 1)

    def test_long(self):
        self.assertEqual("one\ntwo\nthree\n", "one\n2\nthree\n", "the list is wrong")


class TestStore(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise OSError("no database")

    def test_opens(self):
        pass
