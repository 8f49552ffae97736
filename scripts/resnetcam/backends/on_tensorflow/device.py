"""TensorFlow's threads, devices and version."""

import tensorflow as tf

from resnetcam.backends.gpus import Gpu


def set_up(device: str, threads: int) -> Gpu | None:
    """Set TensorFlow up and return the GPU that it uses, if it uses one."""
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    # A second operation fills the gaps in which one has work for one thread only.
    tf.config.threading.set_inter_op_parallelism_threads(min(threads, 2))
    gpus = [] if device == "cpu" else tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    # Grad-CAM's sums are compared to 1e-5, so products of float32 keep all their bits.
    tf.config.experimental.enable_tensor_float_32_execution(False)
    tf.zeros(1)
    if not gpus:
        return None
    details = tf.config.experimental.get_device_details(gpus[0])
    return Gpu(details.get("device_name", "GPU"), details.get("compute_capability", (0, 0)))


def versions() -> dict[str, str]:
    """TensorFlow's version; its package may be called tensorflow or tensorflow-cpu."""
    return {"tensorflow": tf.__version__}
