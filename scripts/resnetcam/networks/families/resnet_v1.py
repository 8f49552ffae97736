"""ResNet v1 for small images (He et al. 2015, arXiv:1512.03385, section 4.2).

As the widely used Keras example builds it, whose layer table the published run printed:
convolutions carry a bias, projections no normalization.
"""

from resnetcam.networks.graph import Body, Family, Layer


def body(blocks: int, side: int) -> list[Layer]:
    """Three stages of so many blocks; the first block of stages 2 and 3 halves the side."""
    net = Body()
    x = net.stem(16, side)
    for stage, filters in enumerate((16, 32, 64), start=1):
        for block in range(1, blocks + 1):
            at = f"stage{stage}_block{block}"
            narrows = stage > 1 and block == 1
            stride = 2 if narrows else 1
            y = net.norm(net.conv(x, f"{at}_conv1", filters, 3, stride), f"{at}_bn1")
            y = net.relu(y, f"{at}_relu1")
            y = net.norm(net.conv(y, f"{at}_conv2", filters, 3), f"{at}_bn2")
            if narrows:
                x = net.conv(x, f"{at}_projection", filters, 1, stride)
            x = net.relu(net.add(x, y, f"{at}_add"), f"{at}_out")
    return net.layers


FAMILY = Family(layers_per_block=6, body=body)
