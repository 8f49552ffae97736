"""Families of networks, one a module: its ``FAMILY`` (see ``networks.graph``)."""
