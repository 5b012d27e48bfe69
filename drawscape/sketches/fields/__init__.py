"""Fields: lines that follow, bound or interrupt a quantity spread over the page."""
