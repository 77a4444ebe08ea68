import numpy as np
import torch

from backend.joint_space.users import UserVectors, score_by_posts


def unit(x):
    return (x / np.linalg.norm(x, axis=-1, keepdims=True)).astype(np.float32)


def test_users_have_unit_length_and_learn():
    users = UserVectors(7, 5)
    vectors = users()
    assert vectors.shape == (7, 5)
    assert torch.allclose(vectors.norm(dim=-1), torch.ones(7), atol=1e-6)
    vectors[2].sum().backward()
    changed = users.table.grad.abs().sum(1) > 0
    assert changed.tolist() == [row == 2 for row in range(7)]


def test_a_user_of_two_habits_is_found_by_both():
    vectors = unit(np.array([[1, 0, 0], [0, 1, 0], [0.7, 0.7, 0.2]]))
    owners = np.array([0, 0, 1])
    shares = score_by_posts(unit(np.array([[1, 0.02, 0], [0.02, 1, 0]])), vectors, owners, 3)
    assert shares.shape == (2, 3)
    assert shares.argmax(axis=1).tolist() == [0, 0]
    assert np.allclose(np.exp(shares).sum(axis=1), 1.0, atol=1e-4)
    assert (shares[:, 2] < -20).all()  # nobody knows the third
