"""A model's outputs in inference mode, compiled by JAX (see ``backends.door``)."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.uint8] | NDArray[np.float32]


def compiled(model: keras.Model) -> Callable[[Images], NDArray[np.float32]]:
    """See ``backends.door.compiled``."""

    @jax.jit
    def predict(variables: Any, images: Any) -> Any:
        pixels = jnp.asarray(images, jnp.float32)
        return model.stateless_call(*variables, pixels, training=False)[0]

    def call(images: Images) -> NDArray[np.float32]:
        groups = model.trainable_variables, model.non_trainable_variables
        variables = tuple([v.value for v in group] for group in groups)
        return np.asarray(predict(variables, images))

    return call
