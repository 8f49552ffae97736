"""TensorFlow's half of what Keras has no word for."""
