"""Train a small ResNet on small images, and show where it looks.

Images go from ``data`` through ``training``, ``evaluation`` and ``explain`` to ``report``. What a
recipe and a network are stands in ``recipe`` and ``networks``, what computes them in ``backends``.
Each of these rooms imports only from those before it (tests/unit/test_rooms.py has the order).
"""
