"""Tables from one file format to another: CSV, TSV, JSON, NDJSON and Parquet.

Read `convert` first: it does the work, with DuckDB. `formats` names the formats.
"""

from drawscape.data.convert import Conversion, check_options, convert
from drawscape.data.formats import SUFFIXES, format_named

__all__ = ["SUFFIXES", "Conversion", "check_options", "convert", "format_named"]
