"""Tasks that run in the worker: `huey_consumer workers.huey`."""
