"""The same training, logged to MLflow. Needs: pip install mlflow

Sawhorse makes the run and names it in MLFLOW_RUN_ID; started by hand the script
makes one of its own.
"""

import json
import tempfile
from pathlib import Path

import mlflow

import train

if __name__ == "__main__":
    settings = train.settings()
    with mlflow.start_run():
        mlflow.log_params(settings)

        def report(step, numbers):
            train.show(step, numbers)
            mlflow.log_metrics(numbers, step=step)

        network = train.train(report=report, **settings)
        with tempfile.TemporaryDirectory() as folder:
            model = Path(folder) / "model"
            model.mkdir()
            (model / "model.json").write_text(json.dumps({"inner": network.inner, "outer": network.outer}))
            mlflow.log_artifacts(folder)
