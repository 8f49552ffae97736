"""What networks a ResNet family has (known without Keras, so that a config can be checked)."""

from resnetcam.common.errors import InputError

# depth = layers_per_block * n + 2 with n blocks in each of the three stages
LAYERS_PER_BLOCK_OF_EACH_STAGE = {"resnet_v1": 6, "resnet_v2": 9}
_LAYERS_OF_A_BLOCK = {
    "resnet_v1": "conv1 bn1 relu1 conv2 bn2 projection add out",
    "resnet_v2": "bn1 relu1 conv1 bn2 relu2 conv2 bn3 relu3 conv3 projection out",
}


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


def spatial_layers(family: str, depth: int) -> list[str]:
    """Name the layers between image and pooling, in order: those that a map can be of."""
    per_stage = blocks_per_stage(family, depth)
    blocks = [(stage, block) for stage in (1, 2, 3) for block in range(1, per_stage + 1)]
    names = ["stem_conv", "stem_bn", "stem_out"]
    for stage, block in blocks:
        parts = _LAYERS_OF_A_BLOCK[family].split()
        if family == "resnet_v2" and (stage, block) == (1, 1):
            parts = parts[2:]  # the stem has normalized its input already
        if block > 1 or (family == "resnet_v1" and stage == 1):
            parts.remove("projection")
        names += [f"stage{stage}_block{block}_{part}" for part in parts]
    return names + (["final_bn", "final_out"] if family == "resnet_v2" else [])
