"""Tables in files: CSV, TSV, JSON, NDJSON, Parquet, Excel, any to any, in bounded memory."""

from drawscape.data.convert import Conversion, convert
from drawscape.data.formats import FORMATS
from drawscape.data.options import Options

__all__ = ["FORMATS", "Conversion", "Options", "convert"]
