"""Writes the same experiment into each store that is named."""

import os
import sys

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

for uri in sys.argv[1:]:
    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    gone = client.create_experiment("gone")
    client.delete_experiment(gone)
    shop = client.create_experiment("shop")
    client.set_experiment_tag(shop, "mlflow.experiment.primaryMetric.name", "val/loss")
    client.create_registered_model("cart", description="what people buy")
    for number, (lr, losses) in enumerate([("0.1", [2, 1, 0.5]), ("10", [2, float("nan"), float("inf")])]):
        run = client.create_run(shop, run_name="lr " + lr, start_time=1_700_000_000_000 + number)
        client.log_batch(
            run.info.run_id,
            metrics=[Metric("val/loss", v, 1_700_000_000_000 + i, i) for i, v in enumerate(losses)] + [Metric("acc", 0.5, 1_700_000_000_000, 0)],
            params=[Param("lr", lr), Param("epochs", "3"), Param("note", "two\nlines")],
            tags=[RunTag("mlflow.source.git.commit", "abc" + lr)],
        )
        client.log_text(run.info.run_id, "hello", "files/a.txt")
        client.set_terminated(run.info.run_id, end_time=1_700_000_060_000)
        client.create_model_version("cart", "runs:/" + run.info.run_id + "/model", run.info.run_id)
    client.set_registered_model_alias("cart", "champion", "1")
    client.delete_run(client.create_run(shop, run_name="deleted").info.run_id)
    client.create_run(shop, run_name="goes: on", start_time=1_700_000_000_002)
