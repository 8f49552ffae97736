"""From images and a plan to a trained network.

Takes ``data.h5`` and a plan (model, recipe, protocol, seed); gives ``model.keras``,
``history.csv`` and ``run.json``, through a state that survives every kill.
"""
