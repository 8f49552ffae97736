"""Train a small ResNet on small images, and show where it looks.

Data goes one way: ``data`` -> ``training`` -> ``evaluation`` -> ``explain`` -> ``report``. What a
recipe and a network are stands in ``recipe`` and ``networks``, what computes them in ``backends``.
"""
