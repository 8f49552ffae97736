"""ResNet v2 for small images, of bottleneck units (He et al. 2016, arXiv:1603.05027).

As the widely used Keras example builds it. The first unit does not normalize its input, since the
stem has; the first unit of every stage projects its raw input, without normalization.
"""

from resnetcam.networks.graph import Body, Family, Layer


def body(blocks: int, side: int) -> list[Layer]:
    """Three stages of so many units; the first unit of stages 2 and 3 halves the side."""
    net = Body()
    x = net.stem(16, side)
    for stage, (middle, out) in enumerate(((16, 64), (64, 128), (128, 256)), start=1):
        for block in range(1, blocks + 1):
            at = f"stage{stage}_block{block}"
            stride = 2 if stage > 1 and block == 1 else 1
            y = x
            if not stage == block == 1:
                y = net.relu(net.norm(y, f"{at}_bn1"), f"{at}_relu1")
            y = net.norm(net.conv(y, f"{at}_conv1", middle, 1, stride), f"{at}_bn2")
            y = net.relu(y, f"{at}_relu2")
            y = net.norm(net.conv(y, f"{at}_conv2", middle, 3), f"{at}_bn3")
            y = net.conv(net.relu(y, f"{at}_relu3"), f"{at}_conv3", out, 1)
            if block == 1:
                x = net.conv(x, f"{at}_projection", out, 1, stride)
            x = net.add(x, y, f"{at}_out")
    net.relu(net.norm(x, "final_bn"), "final_out")
    return net.layers


FAMILY = Family(layers_per_block=9, body=body)
