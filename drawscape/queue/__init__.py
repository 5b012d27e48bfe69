"""The engine on huey: one `job` table, and workers that run each job in a child process."""
