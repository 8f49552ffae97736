"""The fixtures of tests/workflow/workflows.py for the tests in this folder."""

from workflows import (  # noqa: F401
    finished_workflow,
    fresh_workflow,
    plugins,
    workflow,
)
