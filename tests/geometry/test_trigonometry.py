"""Sine and cosine together are numpy's own, to the last digits."""

import numpy as np

from drawscape.geometry.trigonometry import sin_cos


def test_sines_and_cosines_are_those_of_numpy() -> None:
    exact = np.arange(-64, 65) * (np.pi / 16)
    angle = np.concatenate([exact, np.random.default_rng(1).uniform(-100, 100, 99_999)])
    sine, cosine = sin_cos(angle.reshape(3, -1))
    assert sine.shape == (3, len(angle) // 3)
    assert np.abs(sine.ravel() - np.sin(angle)).max() < 2e-14
    assert np.abs(cosine.ravel() - np.cos(angle)).max() < 2e-14
