"""What Keras has no word for, on TensorFlow and on JAX: training step, prediction, gradients.

Takes networks and data; gives compiled functions of both. Which backend, device and precision a
process has is decided in ``runtime``.
"""
