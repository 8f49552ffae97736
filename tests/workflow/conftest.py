"""The fixtures of workflows.py for the tests in this folder."""

from workflows import (  # noqa: F401
    conda,
    finished_workflow,
    fresh_workflow,
    plugins,
    untrained,
    workflow,
)
