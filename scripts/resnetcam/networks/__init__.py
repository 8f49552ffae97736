"""What is trained: ResNets for small images, as plain Keras graphs.

Takes a family and a depth; gives the network, its layers' names, what it costs to compute, the
model that is saved, and that model cut in two at a layer.
"""
