"""Users as they are served are fitted to the training posts alone."""

from __future__ import annotations

import numpy as np

from backend.evaluation import served_users
from backend.joint_space.authored_posts import hold_out
from tests.backend.joint_space.test_fit_users import made


def test_nothing_of_a_tested_post_is_fitted() -> None:
    authored = made(people=12, posts=14)
    train, test = hold_out(authored)
    scores = served_users.scores(authored, train, test, 20)
    served = scores[served_users.SERVED]
    assert served.shape == (test.sum(), 12)
    right = (served.argmax(axis=1) == authored.users[test]).mean()
    assert right > 0.5  # .08 by chance
    others = np.flatnonzero(test)[1:]  # tested posts, which change:
    for rows in authored.features.values():
        rows[others] += 5.0
    authored.users[test] = 0
    again = served_users.scores(authored, train, test, 20)
    for name, some in scores.items():
        np.testing.assert_allclose(again[name][0], some[0], atol=1e-5, err_msg=name)
