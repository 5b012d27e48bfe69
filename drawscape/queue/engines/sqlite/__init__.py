"""SQLite as the ground of the job table: one file in WAL mode, locks of the file system for liveness.

Read connection.py first; folder_watch.py wakes on writes, liveness.py shows who is alive, storage.py
is huey's; file_guard.py keeps the files from careless hands.
"""
