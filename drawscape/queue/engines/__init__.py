"""What the job table stands on: connection, change watch, liveness and huey's storage, per engine.

`sqlite/` is the one engine today; a second one stands beside it, with the same four modules.
"""
