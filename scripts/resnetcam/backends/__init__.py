"""What Keras has no word for, a small module per backend and purpose."""
