"""The viewer of drawings that notebooks and web pages share: viewer.js, and the data that it shows.

Read drawing_data.py first: it describes the header and the arrays that are sent to the page. Then
publish.py writes a page of drawings for the disk or any web server.
"""
