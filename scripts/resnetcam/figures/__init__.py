"""The report's figures: PNG files of one run each, the same bytes for the same input."""
