"""What every room stands on: whole files, locks, errors that speak to the user, names, wording.

Takes nothing from other rooms and knows nothing of images or networks.
"""
