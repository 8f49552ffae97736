"""Which depths a ResNet family has (known without Keras, so that a config can be checked)."""

from resnetcam.errors import InputError

# depth = layers_per_block * n + 2 with n blocks in each of the three stages
LAYERS_PER_BLOCK_OF_EACH_STAGE = {"resnet_v1": 6, "resnet_v2": 9}


def blocks_per_stage(family: str, depth: int) -> int:
    """Return n of depth 6n+2 (v1) or 9n+2 (v2).

    Raises:
        InputError: naming the two nearest depths, if the family has no such depth.
    """
    step = LAYERS_PER_BLOCK_OF_EACH_STAGE[family]
    blocks, rest = divmod(depth - 2, step)
    if rest == 0 and blocks >= 1:
        return blocks
    below = step * max(blocks, 1) + 2
    raise InputError(
        f"{family} has no depth {depth}: depths are {step}n+2; "
        f"the nearest are {below} and {below + step}"
    )
