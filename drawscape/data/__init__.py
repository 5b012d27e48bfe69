"""Tables in files: CSV, TSV, JSON, NDJSON and Parquet, any to any, read and typed by DuckDB.

Read `convert` first; `options` has the formats and the options of text files.
"""

from drawscape.data.convert import Conversion, convert
from drawscape.data.options import SUFFIXES, TableOptions, format_named

__all__ = ["SUFFIXES", "Conversion", "TableOptions", "convert", "format_named"]
