"""The same training as a flow of Prefect. Needs: pip install prefect

`python flow_prefect.py` serves it as the deployment moons/local: Sawhorse lists
that under PIPELINES, with a form made from the parameters below.
"""

from prefect import flow, get_run_logger, task

import train


@task
def fit(lr: float, epochs: int, hidden: int, seed: int) -> float:
    logger = get_run_logger()
    last = {}

    def report(step, numbers):
        last.update(numbers)
        logger.info("step=%d %s", step, " ".join(f"{k}={v:.5g}" for k, v in numbers.items()))

    train.train(lr, epochs, hidden, seed, report)
    return last["val_loss"]


@task
def check(val_loss: float, worst: float) -> None:
    if not val_loss <= worst:
        raise ValueError(f"val_loss {val_loss:.4g} is above {worst}")


@flow
def moons(lr: float = 0.05, epochs: int = 40, hidden: int = 8, seed: int = 1, worst: float = 0.5) -> None:
    """Fits a small network to two half moons."""
    check(fit(lr, epochs, hidden, seed), worst)


if __name__ == "__main__":
    moons.serve(name="local")
