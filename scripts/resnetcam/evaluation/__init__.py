"""What a trained network says of images, and how much of it is right.

Takes ``model.keras`` and images; gives logits, ``predictions.h5`` and ``metrics.json``.
"""
