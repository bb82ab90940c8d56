"""Flows of the tests: served for real, triggered from the outside."""

import time
from typing import Literal

from prefect import flow, get_run_logger, serve, task


@task
def load(rows: int) -> list[int]:
    # Prefect sees where a list comes from, and not where a small number does.
    get_run_logger().info("loaded %d rows", rows)
    return list(range(rows))


@task
def fit(rows: list[int], fail: bool) -> float:
    if fail:
        raise ValueError("loss is not a number")
    get_run_logger().info("fitted %d rows", len(rows))
    return 1 / len(rows)


@flow(log_prints=True)
def train(rows: int = 10, fail: bool = False, size: Literal["s", "m"] = "s"):
    """Fits a small model."""
    print("training", size)
    fit(load(rows), fail)


@flow
def sleep(seconds: float):
    logger = get_run_logger()
    for i in range(int(seconds * 10)):
        logger.info("tick %d", i)
        time.sleep(0.1)


if __name__ == "__main__":
    serve(
        train.to_deployment(name="nightly", description="The nightly training"),
        sleep.to_deployment(name="nap"),
    )
