"""What a backend computes, as named arrays, whichever it is: Keras has one backend a process.

The tests call it in their own process, on TensorFlow, and run it as a script in another one, on
JAX: ``backend_probe.py <folder>`` reads inputs.npz and the models there, and writes jax.npz.
"""

import contextlib
import sys
from pathlib import Path
from unittest import mock

import numpy as np

from resnetcam.backends import runtime

if __name__ == "__main__":
    runtime._HARMLESS_XLA_FLAGS += ("--xla_backend_optimization_level=",)
    runtime.start("jax", "cpu", "float32", threads=2)

import keras

from resnetcam.backends import door, feeding
from resnetcam.common.options import from_settings
from resnetcam.common.rows import Rows, StoredRows
from resnetcam.evaluation.classifier import load_classifier
from resnetcam.evaluation.logits import logits_function
from resnetcam.explain import explanation
from resnetcam.explain.method import METHODS
from resnetcam.networks import models
from resnetcam.recipe import augmentation, randomness
from resnetcam.recipe.optimizers.muon import Muon
from resnetcam.recipe.optimizers.rmsprop import RMSprop
from resnetcam.recipe.optimizers.sgd import SGD
from resnetcam.recipe.recipe import Augmentation

CLASSES, SIDE, BATCH, STEPS = 10, 8, 16, 12
NETWORKS = {"v1": ("resnet_v1", 8), "v2": ("resnet_v2", 11)}
# With rates at which a dozen steps move the weights well, and a decay that they cannot miss.
OPTIMIZERS = {
    "sgd": (SGD(0.9), 0.02),
    "rmsprop": (RMSprop(0.9, 1e-3), 1e-3),
    "muon": (Muon(0.6, 0.1), 0.05),
}
TRAININGS = [("v1", "sgd"), ("v1", "rmsprop"), ("v1", "muon"), ("v2", "sgd")]
RESIZED = TRAININGS[0]  # shrinks the images of its first call
LAYERS = {
    "v1": ("final", "stage2_block1_conv1", "stage1_block1_out"),
    "v2": ("final", "stage2_block1_conv2"),
}
DRAWS = {
    "subtract_mean": "after",
    "flip": "random",
    "crop_padding": 2,
    "affine": {"rotation": 10, "shift": 0.1, "zoom": 0.1},
    "erase": {"probability": 0.5, "area": [0.02, 0.4], "aspect": [0.3, 3.3], "value": [0, 1]},
}


def compiled(function):
    """The function as training runs it: compiled by the backend."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    import tensorflow as tf

    return tf.function(function)


def augmented(inputs):
    """Every transform of ``augmentation`` alone, and all in a row for either order."""
    names = ("affine", "crop", "flip", "erase", "erase_value")
    draws = {name: inputs[name] for name in names}
    side = 7

    def transform(images, pixels, draws):
        found = {
            "affine": augmentation.affine(images, draws["affine"]),
            "crop": augmentation.shift_and_flip(pixels, draws["crop"], None),
            "flip": augmentation.shift_and_flip(pixels, None, draws["flip"]),
            "erase": augmentation.erase(images, draws["erase"], draws["erase_value"]),
            "shrink": augmentation.shrink(images, side),
        }
        for when in ("before", "after"):
            prepare = augmentation.build_prepare(when, inputs["mean"])
            found[when] = prepare(pixels, draws)
            found[f"{when}, shrunk"] = prepare(pixels, draws, side)
        return found

    return {
        name: np.asarray(values)
        for name, values in compiled(transform)(inputs["images"], inputs["pixels"], draws).items()
    }


def drawn():
    """The random numbers of an epoch."""
    draws = randomness.augmentation_draws(from_settings(Augmentation, DRAWS), 3, 2, 50, SIDE, SIDE)
    return {"order": randomness.permutation(3, 2, 50), **draws}


def problem():
    """Images (uint8) whose classes differ in colour and in pattern, and labels."""
    random = np.random.default_rng(0)
    labels = np.arange(64, dtype=np.uint8) % CLASSES
    patterns = random.integers(0, 100, (CLASSES, SIDE, SIDE, 3))
    images = random.integers(0, 156, (64, SIDE, SIDE, 3)) + patterns[labels]
    return images.astype(np.uint8), labels


def trainer(network, optimizer, folder=None):
    """A trainer at its start; label smoothing 0.1, decay of kernels, crops and flips.

    With a folder the images lie in a file there, and are read step by step.
    """
    images, labels = problem()
    family, depth = NETWORKS[network]
    built = models.build_network(
        family,
        depth,
        3,
        CLASSES,
        batch_norm_momentum=0.8,
        normalization=door.normalization(),
    )
    models.initialize(built, 1)
    prepare = augmentation.build_prepare("after", mean_of(images))
    decays = [0.05 if models.is_kernel(v) else 0.0 for v in built.trainable_variables]
    if folder:
        images = in_a_file(images, folder)
    return door.trainer(built, images, labels, prepare, optimizer, decays, 0.1)


def in_a_file(images, folder):
    """Rows of a file that holds images in another order."""
    path, order = folder / f"{keras.backend.backend()}.images", np.arange(len(images))[::-1]
    path.write_bytes(np.ascontiguousarray(images[order]).data)
    return Rows(StoredRows(path, images.shape, images.dtype), order)


def fed(folder):
    """As ``two_calls`` and the weights, of images in a file: given to a processor and to a GPU.

    A GPU's program gets those of two steps at a time.
    """
    optimizer, rate = OPTIMIZERS["sgd"]
    found = {}
    for where, surroundings in (("cpu", contextlib.nullcontext), ("gpu", with_a_gpu)):
        small = mock.patch.object(feeding, "BYTES_AT_A_TIME", 2 * BATCH * SIDE * SIDE * 3)
        with surroundings(), small:
            steps = trainer("v1", optimizer, folder)
            found[f"{where}/losses"], found[f"{where}/hits"] = two_calls(steps, rate, True)
        found |= {
            f"{where}/end/{v.path}": w
            for v, w in zip(steps.network.weights, steps.weights(), strict=True)
        }
        found[f"{where}/programs"] = number_of_programs(steps)
    return found


def mean_of(images):
    """The mean image, float32."""
    return (images.mean(0) / 255).astype(np.float32)


def steps_of(rate, start=0, stop=STEPS):
    """Arguments of ``Trainer.run`` for some of the dozen steps."""
    order = np.concatenate([randomness.permutation(1, epoch, 64) for epoch in (1, 2, 3)])
    indices = order.reshape(STEPS, BATCH)
    settings = {**DRAWS, "affine": None, "erase": None}
    wanted = from_settings(Augmentation, settings)
    draws = randomness.augmentation_draws(wanted, 1, 1, STEPS * BATCH, SIDE, SIDE)
    draws = {
        name: values.reshape(STEPS, BATCH, *values.shape[1:])[start:stop]
        for name, values in draws.items()
    }
    return indices[start:stop], draws, rate * np.linspace(0.5, 1.5, STEPS)[start:stop]


def trained(network, name):
    """What a dozen steps measure and leave behind, in calls of 5 and 7."""
    optimizer, rate = OPTIMIZERS[name]
    steps = trainer(network, optimizer)
    paths = [variable.path for variable in steps.network.weights]
    found = {f"start/{path}": w for path, w in zip(paths, steps.weights(), strict=True)}
    found["losses"], found["hits"] = two_calls(steps, rate, (network, name) == RESIZED)
    found |= {f"end/{path}": w for path, w in zip(paths, steps.weights(), strict=True)}
    trainable = [variable.path for variable in steps.network.trainable_variables]
    found |= {f"slot/{path}": s for path, s in zip(trainable, steps.slots(), strict=True)}
    return steps, found


def two_calls(steps, rate, resized):
    """Losses, summed over each step's images, and hits of the dozen steps, in calls of 5 and 7."""
    calls = ((0, 5, 6 if resized else None), (5, STEPS, None))
    measured = [steps.run(*steps_of(rate, start, stop), side) for start, stop, side in calls]
    losses = np.concatenate([np.asarray(losses) for losses, _ in measured])
    assert losses.shape == (STEPS, BATCH) and losses.dtype == np.float32
    return losses.sum(1), np.concatenate([np.asarray(hits) for _, hits in measured])


def explained(classifier, images, classes, layer):
    """Maps of every method at a layer for the class choices (2, N)."""
    name = explanation.resolve_layer(classifier, layer)
    return explanation.explainer(classifier, name)(images, classes, METHODS)


def looked_at(folder, inputs):
    """Logits and maps of the models in a folder; the class choices are predicted and true."""
    found = {}
    for name, layers in LAYERS.items():
        classifier = load_classifier(folder / f"{name}.keras")
        images, labels = inputs["test_images"], inputs["test_labels"]
        logits = logits_function(classifier)(images)
        found[f"{name}/logits"] = logits
        classes = np.stack([logits.argmax(1), labels])
        for layer in layers:
            for method, maps in explained(classifier, images, classes, layer).items():
                found[f"{name}/{layer}/{method}"] = maps
        for method, maps in explained(classifier, images[:1], classes[:, :1], layers[1]).items():
            found[f"{name}/alone/{method}"] = maps
        final = explanation.resolve_layer(classifier, "final")
        raw = door.activations_and_gradients(classifier, final)
        found[f"{name}/activations"], found[f"{name}/gradients"] = raw(images, classes)
        bias = classifier.get_layer("logits").bias
        bias.assign(bias.numpy() + 5)
        found[f"{name}/shifted"] = raw(images, classes)[1]
    return found


def part(arrays, name):
    """The arrays whose names begin with ``name``, by the rest of their names."""
    return {k.removeprefix(f"{name}/"): v for k, v in arrays.items() if k.startswith(f"{name}/")}


def everything(folder):
    """Everything that both backends compute; a trained classifier is saved, too."""
    inputs = dict(np.load(folder / "inputs.npz"))
    found = {f"augmented/{k}": v for k, v in augmented(inputs).items()}
    found |= {f"drawn/{k}": v for k, v in drawn().items()}
    for network, name in TRAININGS:
        steps, values = trained(network, name)
        found |= {f"trained/{network}/{name}/{k}": v for k, v in values.items()}
        if (network, name) == ("v1", "sgd"):
            found |= save_classifier(steps, folder)
            found |= {f"trainer/{k}": v for k, v in trainer_kept(steps).items()}
    as_on_a_gpu = on_a_gpu(part(found, "trained/v1/sgd"))
    found |= {f"gpu/{k}": v for k, v in as_on_a_gpu.items()}
    found |= {f"fed/{k}": v for k, v in fed(folder).items()}
    return found | {f"seen/{k}": v for k, v in looked_at(folder, inputs).items()}


def save_classifier(steps, folder):
    """Save what a trainer trained as model.keras; return its logits of the training images."""
    images, _ = problem()
    classifier = models.build_classifier(*NETWORKS["v1"], mean_of(images), CLASSES)
    classifier.set_weights(steps.weights())
    classifier.save(folder / f"{keras.backend.backend()}.keras")
    return {"saved/logits": logits_function(classifier)(images)}


def trainer_kept(steps):
    """Twice the same steps from the same state, after other steps and with other idle biases."""
    rate = OPTIMIZERS["sgd"][1]
    weights, slots = steps.weights(), steps.slots()
    before = [values.copy() for values in weights + slots]
    idle = [
        isinstance(layer, models.IdleBiasConvolution) and variable is layer.bias
        for layer in steps.network.layers
        for variable in layer.weights
    ]
    measured = [steps.run(*steps_of(rate, 0, 3))]
    ends = [steps.weights()]
    steps.set_weights([w + 1 if at_rest else w for w, at_rest in zip(weights, idle, strict=True)])
    steps.set_slots(slots)
    measured.append(steps.run(*steps_of(rate, 0, 3)))
    ends.append(steps.weights())
    moved = [b - a for a, b, at_rest in zip(*ends, idle, strict=True) if at_rest]
    others = [np.abs(b - a).max() for a, b, at_rest in zip(*ends, idle, strict=True) if not at_rest]
    return {
        "measured": np.array([np.concatenate([np.ravel(x) for x in one]) for one in measured]),
        "idle": np.concatenate(moved),
        "others": np.array(others),
        "snapshot": all((a == b).all() for a, b in zip(before, weights + slots, strict=True)),
    }


def with_a_gpu():
    """Make trainers believe that there is a GPU."""
    if keras.backend.backend() == "jax":
        import jax

        return mock.patch.object(jax, "default_backend", return_value="gpu")
    import tensorflow as tf

    return mock.patch.object(tf.config, "list_logical_devices", return_value=["a GPU"])


def on_a_gpu(expected):
    """Calls as one program of many steps, as on a GPU; here it is compiled for a processor.

    Of any number of steps: the calls have 5, 7, 1 and 12.
    """
    optimizer, rate = OPTIMIZERS["sgd"]
    with with_a_gpu():
        steps = trainer("v1", optimizer)
        losses, hits = two_calls(steps, rate, resized=True)
    ends = list(zip(steps.network.weights, steps.weights(), strict=True))
    distances = [np.linalg.norm(w - expected[f"end/{v.path}"]) for v, w in ends]
    steps.set_weights(steps.weights())
    steps.set_slots(steps.slots())
    for stop in (1, STEPS):
        steps.run(*steps_of(rate, 0, stop))
    return {
        "losses": losses,
        "hits": hits,
        **{f"end/{v.path}": w for v, w in ends},
        "distances": np.array(distances),
        "programs": number_of_programs(steps),
    }


def number_of_programs(steps):
    """How many programs XLA made of a trainer's steps; TensorFlow says only whether it must.

    So that TensorFlow's calls have one shape follows from ``door.padded``, not from this number.
    """
    if keras.backend.backend() == "jax":
        return steps._compiled._cache_size()
    graphs = steps._graphs.values()
    return sum(graph.function_def.attr["_XlaMustCompile"].b for graph in graphs)


def program():
    """The text of one training step in bfloat16 as the compiler gets it."""
    import jax

    keras.config.set_dtype_policy("mixed_bfloat16")
    steps = trainer("v1", OPTIMIZERS["sgd"][0])
    keras.config.set_dtype_policy("float32")
    inputs = jax.tree.map(lambda values: values[0], steps_of(0.1))
    state = steps._state, *steps._feed._held
    return {"text": np.array(steps._compiled.lower(*state, inputs, None).as_text())}


def normalized():
    """Our batch normalization and Keras's: outputs, gradients and statistics."""
    import jax

    random = np.random.default_rng(0)
    x = random.normal(3, 2, (4, 2, 3, 3)).astype(np.float32)
    weights = [random.uniform(0.5, 2, 3) for _ in range(4)]
    slope = random.normal(size=x.shape).astype(np.float32)
    found = {"x": x, "before": np.array(weights)}
    for kind, layer_class in (
        ("ours", door.normalization()),
        ("keras", keras.layers.BatchNormalization),
    ):
        layer = layer_class(momentum=0.7, epsilon=1e-3)
        layer.build((None, *x.shape[1:]))
        layer.set_weights(weights)
        groups = layer.trainable_variables, layer.non_trainable_variables
        trained, rest = ([v.value for v in group] for group in groups)
        for is_training in (True, False):

            def loss(trained, x, rest=rest, layer=layer, is_training=is_training):
                outputs, new = layer.stateless_call(trained, rest, x, training=is_training)
                return (slope * outputs**2).sum(), (outputs, new)

            gradients, (outputs, new) = jax.grad(loss, (0, 1), has_aux=True)(trained, x)
            for i, values in enumerate(jax.tree.leaves((outputs, gradients, new))):
                found[f"{kind}/{is_training}/{i}"] = values
    return found


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    found = everything(folder)
    alone = {"program": program(), "norm": normalized()}
    found |= {f"{name}/{k}": v for name, values in alone.items() for k, v in values.items()}
    np.savez(folder / "jax.npz", **found)
