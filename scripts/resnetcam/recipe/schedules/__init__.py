"""Schedules, one a module: its ``SCHEDULE``, a frozen dataclass (see ``recipe.schedule``)."""
