"""A page to look through the test images: what each network says of them, and where it looks.

Takes ``data.h5``, and predictions, maps and label candidates of runs; gives ``explorer.html``.
"""
