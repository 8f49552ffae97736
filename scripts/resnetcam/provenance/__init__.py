"""What a run was, in formats that other programs and other people's archives read.

Takes finished runs and ``CITATION.cff``; gives a model card (``README.md``) beside each
``model.keras``, and the run as an RO-Crate (``ro-crate-metadata.json``).
"""
