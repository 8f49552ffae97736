"""Methods of class activation mapping, one a module: its ``METHOD`` (see ``explain.method``)."""
