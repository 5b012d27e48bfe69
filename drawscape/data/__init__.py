"""Tables in files: CSV, TSV, JSON, NDJSON, Parquet, Excel, any to any, in bounded memory.

Read `convert` first, which reads and writes Parquet and Excel itself. `text_files` turns the other formats
into a query of the `engine`, which is DuckDB; `options` says what a caller may choose.
"""

from drawscape.data.convert import Conversion, convert
from drawscape.data.engine import distinct, memory_mb
from drawscape.data.options import SUFFIXES, Options, format_named

__all__ = ["SUFFIXES", "Conversion", "Options", "convert", "distinct", "format_named", "memory_mb"]
