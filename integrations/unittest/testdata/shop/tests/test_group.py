import asyncio
import unittest


async def fetch(n):
    if n == 2:
        raise ValueError("no such item: 2")


class TestGroup(unittest.IsolatedAsyncioTestCase):
    async def test_all(self):
        async with asyncio.TaskGroup() as group:
            for n in range(4):
                group.create_task(fetch(n))

    def test_plain(self):
        raise ExceptionGroup("many", [ValueError("one"), TypeError("two")])
