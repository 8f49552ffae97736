"""What a person looks at. Matplotlib starts here, with nothing from the user's environment.

It reads its settings and a backend's name once, when it is first imported, and fails if it cannot:
a notebook, for one, tells the commands that it starts to draw with a backend that they lack.
"""

import contextlib
import os
from pathlib import Path

os.environ["MPLBACKEND"] = "agg"
os.environ["MATPLOTLIBRC"] = os.devnull
# A matplotlibrc in the working directory would come before either.
with contextlib.chdir(Path(__file__).parent):
    import matplotlib  # noqa: F401
