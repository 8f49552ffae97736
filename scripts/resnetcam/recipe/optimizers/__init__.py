"""Optimizers, one a module: its ``OPTIMIZER``, a frozen dataclass (see ``recipe.optimizer``)."""
