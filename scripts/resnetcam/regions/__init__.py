"""Regions that a person drew, and what it takes to draw them.

Takes files of the VGG Image Annotator or in COCO's format; gives masks on the workflow's own
images, summaries of what was read, repaired and skipped, and a kit for drawing more.
"""
