import os

from broken import f


def test_f():
    f()
