"""Train a small ResNet on small images, and show where it looks."""
