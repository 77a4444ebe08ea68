"""A user's page in a real browser: what is shown beside similar users."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from app.components.shared.post_card import alt_text
from backend.workspace import users
from backend.workspace.workspace import Workspace
from tests.browser.pages import Open, settled


def test_only_images_that_look_alike_are_called_similar(
    visit: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    profiles = workspace.user_profiles
    with monkeypatch.context() as patch:
        patch.setattr(users, "_ALIKE", -1.0)  # a page without the bound would list cosines about 0
        user = next(
            each.id
            for each in workspace.find_users(limit=40)
            if (scores := [p.score for near in profiles.nearest(each.id) for p in near.pairs[:2]])
            and min(map(abs, scores)) < 0.1
            and max(scores) > 0.4
        )
    pairs = [pair for near in profiles.nearest(user) for pair in near.pairs[:2]]
    page = visit(f"/user?user={quote(user)}")
    settled(page)
    main = page.get_by_test_id("stMain")
    expect(main.get_by_role("heading", name="Similar users")).to_be_visible()
    scores = main.locator("span.k-meta").filter(has_text=re.compile(r"^-?\d\.\d\d$"))
    expect(scores).to_have_count(len(pairs))
    shown = [float(score) for score in scores.all_inner_texts()]
    assert shown == pytest.approx([pair.score for pair in pairs], abs=0.006)
    assert min(shown) >= 0.35
    for post in workspace.posts([id_ for pair in pairs for id_ in (pair.own, pair.other)]).values():
        image = main.get_by_alt_text(alt_text(post).strip()).first
        assert image.evaluate("image => image.complete && image.naturalWidth > 0")
