import os
import sys


def total(prices):
    unused = 1
    return sumx(prices)
