"""Logits of a classifier: the plain model's, fast, of any number of images."""

import keras
import numpy as np
import pytest

from resnetcam.evaluation import logits_function

pytestmark = pytest.mark.slow


@pytest.fixture
def classifier(trained_v1):
    """A trained network that a test may change."""
    model = keras.models.clone_model(trained_v1.model)
    model.set_weights(trained_v1.model.get_weights())
    return model


def plain_logits(model, images):
    """Layer by layer, as Keras itself computes them."""
    to_logits = keras.Model(model.inputs, model.get_layer("logits").output)
    return to_logits([images.astype(np.float32)], training=False).numpy()


@pytest.mark.parametrize("kind", ["uint8", "float32"])
def test_logits_are_the_plain_models_for_any_number_of_images(classifier, trained_v1, kind):
    images = trained_v1.images.astype(kind)
    found = logits_function(classifier)(images)
    np.testing.assert_allclose(found, plain_logits(classifier, images), atol=1e-4)
    assert logits_function(classifier)(images[:0]).shape == (0, found.shape[1])


def test_later_changes_of_the_weights_are_seen(classifier, trained_v1):
    images = trained_v1.images[:5]
    predict = logits_function(classifier)
    before = predict(images)
    for variable in classifier.weights:
        variable.assign(variable * 1.1)
    assert abs(predict(images) - before).max() > 0.01
    np.testing.assert_allclose(predict(images), plain_logits(classifier, images), atol=1e-4)


def test_the_model_that_is_looked_at_stays_as_it_was(classifier):
    before = classifier.to_json()
    logits_function(classifier)
    assert classifier.to_json() == before
