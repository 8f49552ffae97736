"""What a person looks at: figures, the table of experiments, the report.

Takes the files of finished runs; gives ``comparison.csv``, PNGs, ``report.md`` and ``report.html``.
"""
