import numpy as np

from runner.data.embedded import load_mnist_5k


def test_classes_are_balanced_in_every_part_and_the_data_never_change():
    dataset = load_mnist_5k("mnist_5k")
    assert np.bincount(dataset.train_labels).tolist() == [400] * 10
    assert np.bincount(dataset.test_labels).tolist() == [100] * 10
    assert np.bincount(dataset.train_labels[-800:]).tolist() == [80] * 10
    assert dataset.train_inputs.shape == (4000, 28, 28, 1)
    assert dataset.fingerprint == "e6f028a72d22901520c90d272d932c1b245cf099c0a673521bef3d57ee0b3464"


def test_the_digits_are_those_of_mnist(mnist_root):
    from runner.data.mnist import load_mnist

    mnist = load_mnist("mnist", str(mnist_root), "", None)
    known = {image.tobytes() for image in (*mnist.train_inputs, *mnist.test_inputs)}
    embedded = load_mnist_5k("mnist_5k")
    assert all(image.tobytes() in known for image in (*embedded.train_inputs, *embedded.test_inputs))
