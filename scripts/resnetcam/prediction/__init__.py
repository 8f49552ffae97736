"""Answers for new images: what a trained network takes them for, how sure it is, where it looks.

Takes ``model.keras`` and image files, or an array; gives a table, and a page with maps.
"""
