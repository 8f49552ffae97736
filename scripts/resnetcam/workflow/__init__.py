"""How stages run under Snakemake: packages, logs, what re-runs, what is said at the end.

Takes what Snakemake knows of a run; gives the frame of every script (``stage``), digests of code
and environments, and words for people.
"""
