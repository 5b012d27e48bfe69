"""Postgres as the place of the job table: one database for several machines.

Read connection.py and engine.py first: how a statement is sent, and what its errors are called. leases.py
says which workers are alive and notices.py who is woken; queries.py and schema.py are the SQL.
"""
