"""The tasks that a worker runs: thin functions over the packages below, named by dotted path.

Read drawing.py first; sheets.py, plotting.py, mail.py, data.py and files.py are of the same kind. A project's
`workers/` and `sketches/` add to them; the repository's `workers/` hands them on under the contract's names.
"""
