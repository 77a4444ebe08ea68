from dataclasses import replace

import numpy as np
import pytest

from backend.joint_space import fit_users
from backend.joint_space.authored_posts import AuthoredPosts, hold_out


def made(people: int = 8, posts: int = 12) -> AuthoredPosts:
    """People who each have a theme in text and a style in images; few have sounds."""
    rng = np.random.default_rng(0)
    count = people * posts
    who = np.repeat(np.arange(people), posts)
    themes, styles = rng.normal(size=(people, 10)), rng.normal(size=(people, 14))
    text = themes[who] + rng.normal(size=(count, 10))
    image = styles[who] + rng.normal(size=(count, 14))
    audio = np.full((count, 6), np.nan)
    audio[::6] = rng.normal(size=(len(audio[::6]), 6))
    image[5] = np.nan
    return AuthoredPosts(
        names=tuple(f"u{i}" for i in range(people)),
        users=who,
        groups=np.arange(count),
        sources=np.full(count, "made", dtype=object),
        features={
            "text": text.astype(np.float32),
            "image": image.astype(np.float32),
            "audio": audio.astype(np.float32),
        },
        tags=tuple(frozenset({f"t{w % 3}"}) for w in who),
    )


def test_near_duplicates_stay_on_one_side():
    authored = made()
    paired = replace(authored, groups=np.arange(len(authored)) // 2)
    train, test = hold_out(paired)
    assert not train[test].any()
    assert not set(paired.groups[train]) & set(paired.groups[test])
    assert set(paired.users[test]) == set(range(8))
    few = replace(authored, users=np.where(authored.users == 3, 2, authored.users))
    few = replace(few, groups=np.where(few.users == 5, 999, few.groups))
    assert 5 not in few.users[hold_out(few)[1]]


@pytest.mark.parametrize("loss", ["contrast", "triplet"])
def test_authors_of_unseen_posts_are_found(loss):
    authored = made()
    train, test = hold_out(authored)
    config = replace(fit_users.SCHEDULE, epochs=15, batch=32)
    some = replace(
        authored,
        users=authored.users[train],
        groups=authored.groups[train],
        sources=authored.sources[train],
        features={m: x[train] for m, x in authored.features.items()},
        tags=tuple(t for t, k in zip(authored.tags, train, strict=True) if k),
    )
    space = fit_users.train(some, None, loss=loss, config=config)
    vectors = space.posts(authored.features)
    assert vectors.dtype == np.float32
    guess = space.score_users(vectors[test]).argmax(axis=1)
    assert (guess == authored.users[test]).mean() > 0.6


def test_what_is_not_there_changes_nothing():
    authored = made(people=3)
    config = replace(fit_users.SCHEDULE, epochs=1)
    space = fit_users.train(authored, None, config=config)
    whole = space.posts(authored.features)
    alone = space.posts(authored.only("text").features)
    again = {**authored.only("text").features}
    again["image"] = authored.features["image"].copy()
    again["image"][:, 0] = np.nan  # missing, with other numbers left behind
    assert np.array_equal(alone, space.posts(again))
    assert not np.allclose(whole, alone)
    lengths = np.linalg.norm(whole, axis=1)
    assert np.allclose(lengths, 1.0, atol=1e-5)


def test_users_can_be_left_out_of_the_loss():
    authored = made(people=4)
    config = replace(fit_users.SCHEDULE, epochs=2, batch=16)
    spaces = {
        loss: fit_users.train(authored, None, loss=loss, config=config)
        for loss in ("contrast", "content")
    }
    swapped = replace(authored, users=authored.users[::-1].copy())
    again = fit_users.train(swapped, None, loss="content", config=config)
    posts = {loss: space.posts(authored.features) for loss, space in spaces.items()}
    assert np.array_equal(again.posts(authored.features), posts["content"])
    assert not np.allclose(posts["contrast"], posts["content"])
