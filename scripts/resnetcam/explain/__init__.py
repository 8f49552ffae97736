"""Where a network looks, and how far that can be trusted.

Takes ``model.keras``, images and the classes to explain; gives raw maps (``gradcam.h5``) and their
scores: faithfulness, randomisation, localisation.
"""
