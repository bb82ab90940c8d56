"""Fits a small neural network to noisy points, with nothing but the standard library.

It prints its numbers as `step=12 loss=0.53 val_loss=0.55`, which is all that
Sawhorse needs. Parameters come as PARAM_LR, PARAM_EPOCHS, PARAM_HIDDEN and PARAM_SEED.
"""

import json
import math
import os
import random
import sys
import time


def points(rng, n):
    """Two half moons: a boundary that no straight line is."""
    for i in range(n):
        side = i % 2
        angle = math.pi * rng.random()
        x, y = math.cos(angle), math.sin(angle)
        if side:
            x, y = 1 - x, 0.5 - y
        yield x + rng.gauss(0, 0.15), y + rng.gauss(0, 0.15), side


class Network:
    """One hidden layer."""

    def __init__(self, rng, hidden):
        self.inner = [[rng.gauss(0, 1) for _ in range(3)] for _ in range(hidden)]
        self.outer = [rng.gauss(0, 0.5) for _ in range(hidden + 1)]

    def forward(self, x, y):
        h = [math.tanh(a * x + b * y + c) for a, b, c in self.inner]
        z = self.outer[-1] + sum(w * v for w, v in zip(self.outer, h))
        return h, 1 / (1 + math.exp(-max(-60.0, min(60.0, z))))

    def learn(self, x, y, side, lr):
        h, p = self.forward(x, y)
        error = p - side
        for i, v in enumerate(h):
            back = error * self.outer[i] * (1 - v * v)
            self.outer[i] -= lr * error * v
            a, b, c = self.inner[i]
            self.inner[i] = [a - lr * back * x, b - lr * back * y, c - lr * back]
        self.outer[-1] -= lr * error

    def judge(self, data):
        loss = right = 0
        for x, y, side in data:
            p = min(max(self.forward(x, y)[1], 1e-9), 1 - 1e-9)
            loss -= math.log(p if side else 1 - p)
            right += (p > 0.5) == bool(side)
        return loss / len(data), right / len(data)


def train(lr, epochs, hidden, seed, report, pause=0.02):
    """Calls report(step, numbers) once an epoch; returns the network."""
    rng = random.Random(seed)
    data, held_out = list(points(rng, 300)), list(points(rng, 150))
    network = Network(rng, hidden)
    for epoch in range(epochs):
        rng.shuffle(data)
        for x, y, side in data:
            network.learn(x, y, side, lr)
        loss, _ = network.judge(data)
        val_loss, val_acc = network.judge(held_out)
        report(epoch, {"loss": loss, "val_loss": val_loss, "val_acc": val_acc})
        time.sleep(pause)
    return network


def settings():
    of = os.environ.get
    return {
        "lr": float(of("PARAM_LR", "0.05")),
        "epochs": int(of("PARAM_EPOCHS", "40")),
        "hidden": int(of("PARAM_HIDDEN", "8")),
        "seed": int(of("PARAM_SEED", "1")),
    }


def show(step, numbers):
    print(f"step={step} " + " ".join(f"{k}={v:.5g}" for k, v in numbers.items()), flush=True)


if __name__ == "__main__":
    trained = train(report=show, **settings())
    target = os.environ.get("MODEL_FILE", "model.json")
    # Runs of a sweep go on beside each other: a model is there whole, or not at all.
    whole = f"{target}.{os.getpid()}"
    with open(whole, "w", encoding="utf-8") as f:
        json.dump({"inner": trained.inner, "outer": trained.outer}, f)
    os.replace(whole, target)
    print(f"wrote {target}", file=sys.stderr)
