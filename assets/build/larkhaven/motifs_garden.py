"""What gardeners and cooks show."""

from __future__ import annotations

from assets.build.larkhaven.drawings import _DARK, Brush, motif


@motif("seedling", "garden")
def seedling(b: Brush) -> None:
    """Draw some seedlings in a row."""
    green = b.some(0.28, 0.4)
    for k in range(b.pick(1, 5)):
        x = (k - 1.5) * b.rng.uniform(0.6, 0.9)
        top = -b.rng.uniform(0.2, 1.1)
        b.stroke(x, 0.6, x + b.rng.normal(0, 0.06), top, fill=green, width=0.07)
        b.oval(x - 0.42, top - 0.16, x, top + 0.12, fill=green)
        b.oval(x, top - 0.2, x + 0.42, top + 0.08, fill=b.some(0.28, 0.45))


@motif("tray", "room")
def tray(b: Brush) -> None:
    """Draw a tray of pots."""
    columns = b.pick(3, 6)
    b.block(-1.5, 0.5, 1.5, 0.8, fill=b.some(0.6, 0.3, 0.2))
    step = 2.8 / columns
    for k in range(columns):
        left = -1.4 + k * step
        b.shape(left, -0.1, left + step * 0.9, -0.1, left + step * 0.75, 0.55, left + step * 0.15,
                0.55, fill=b.some(0.05, 0.45))  # fmt: skip
        if b.rng.random() < 0.8:
            height = b.rng.uniform(0.2, 0.7)
            middle = left + step * 0.45
            b.stroke(middle, -0.1, middle, -height, fill=b.some(0.28, 0.35), width=0.05)
            b.oval(middle - 0.16, -height - 0.12, middle + 0.16, -height + 0.1,
                   fill=b.some(0.3, 0.42))  # fmt: skip


@motif("tomato", "room")
def tomato(b: Brush) -> None:
    """Draw some tomatoes."""
    for _ in range(b.pick(1, 6)):
        x, y, r = b.rng.normal(0, 0.7), b.rng.uniform(-0.2, 0.7), b.rng.uniform(0.25, 0.55)
        b.oval(x - r, y - r * 0.9, x + r, y + r * 0.9, fill=b.some(0.01, 0.5, 0.75))
        b.oval(x - r * 0.6, y - r * 0.6, x - r * 0.2, y - r * 0.3, fill=b.some(0.01, 0.8, 0.6))
        b.stroke(x, y - r * 0.8, x + 0.06, y - r * 1.2, fill=b.some(0.3, 0.3), width=0.07)


@motif("pumpkin", "garden")
def pumpkin(b: Brush) -> None:
    """Draw a pumpkin."""
    shade = b.pick(2, 5)
    for k in range(-shade, shade + 1):
        x = k * 0.9 / shade
        b.oval(x - 0.4, -0.6, x + 0.4, 0.7, fill=b.some(0.08, 0.5 - abs(k) * 0.03, 0.8))
    b.block(-0.1, -1.0, 0.12, -0.5, fill=b.some(0.25, 0.3))


@motif("bee", "garden")
def bee(b: Brush) -> None:
    """Draw flowers with a bee or two."""
    for _ in range(b.pick(3, 9)):
        x, y, r = b.rng.uniform(-1.7, 1.7), b.rng.uniform(-0.4, 1.1), b.rng.uniform(0.12, 0.3)
        petal = b.some(b.rng.random(), 0.7, 0.7)
        b.stroke(x, y, x, y + 0.8, fill=b.some(0.3, 0.35), width=0.05)
        for dx, dy in ((-r, 0), (r, 0), (0, -r), (0, r)):
            b.oval(x + dx - r, y + dy - r, x + dx + r, y + dy + r, fill=petal)
        b.oval(x - r * 0.7, y - r * 0.7, x + r * 0.7, y + r * 0.7, fill=b.some(0.14, 0.6, 0.9))
    for _ in range(b.pick(1, 3)):
        x, y = b.rng.uniform(-1, 1), b.rng.uniform(-1.2, -0.3)
        b.oval(x - 0.12, y - 0.4, x + 0.2, y, fill=(230, 236, 244))
        b.oval(x - 0.34, y - 0.18, x + 0.34, y + 0.18, fill=b.some(0.13, 0.55, 0.9))
        for stripe in (-0.12, 0.06):
            b.block(x + stripe, y - 0.17, x + stripe + 0.09, y + 0.17, fill=_DARK)


@motif("shed", "garden")
def shed(b: Brush) -> None:
    """Draw a garden shed."""
    wall, roof = b.some(b.rng.random(), 0.5, 0.35), b.some(0.03, 0.35, 0.4)
    height = b.rng.uniform(0.5, 1.0)
    b.block(-0.9, -height, 0.9, 0.9, fill=wall, radius=0.02)
    peak = b.rng.uniform(-0.5, 0.5)
    b.shape(-1.1, -height, 1.1, -height, peak, -height - b.rng.uniform(0.3, 0.7), fill=roof)
    door = b.rng.uniform(-0.7, 0.2)
    b.block(door, -0.2, door + 0.5, 0.9, fill=b.some(0.08, 0.3), radius=0.02)
    b.block(0.3 if door < 0 else -0.7, -0.3, 0.75 if door < 0 else -0.25, 0.15,
            fill=(206, 226, 236))  # fmt: skip


@motif("cat", "room")
def cat(b: Brush) -> None:
    """Draw a cat that sits."""
    fur = b.some(b.rng.choice([0.06, 0.08, 0.6]), b.rng.uniform(0.2, 0.7), 0.45)
    b.oval(-0.7, -0.2, 0.7, 1.0, fill=fur)
    b.stroke(0.5, 0.8, 1.1, 0.7, 1.3, b.rng.uniform(-0.4, 0.5), fill=fur, width=0.2)
    b.oval(-0.5, -0.95, 0.5, 0.0, fill=fur)
    for side in (-1, 1):
        b.shape(side * 0.48, -0.6, side * 0.42, -1.2, side * 0.08, -0.88, fill=fur)
        b.oval(side * 0.22 - 0.09, -0.6, side * 0.22 + 0.09, -0.4, fill=b.some(0.2, 0.6, 0.8))
        b.oval(side * 0.22 - 0.03, -0.58, side * 0.22 + 0.03, -0.42, fill=_DARK)
    b.oval(-0.07, -0.36, 0.07, -0.26, fill=(206, 120, 120))


@motif("bread", "room")
def bread(b: Brush) -> None:
    """Draw a loaf, or two."""
    for k in range(b.pick(1, 2)):
        crust, y = b.some(0.08, 0.42, 0.6), k * 0.6
        width = b.rng.uniform(0.8, 1.4)
        b.oval(-width, -0.5 + y, width, 0.5 + y, fill=crust)
        for cut in range(b.pick(2, 5)):
            x = -width * 0.7 + cut * 0.45
            b.stroke(x, -0.3 + y, x + 0.25, 0.1 + y, fill=b.some(0.1, 0.75, 0.6), width=0.09)


@motif("soup", "room")
def soup(b: Brush) -> None:
    """Draw a bowl of soup."""
    rim = b.some(b.rng.random(), 0.6, 0.4)
    b.shape(-1.2, -0.1, 1.2, -0.1, 0.6, 0.9, -0.6, 0.9, fill=rim)
    b.oval(-1.2, -0.45, 1.2, 0.25, fill=rim)
    b.oval(-1.05, -0.36, 1.05, 0.16, fill=b.some(b.rng.choice([0.05, 0.12, 0.25]), 0.5, 0.7))
    for _ in range(b.pick(3, 10)):
        x, y, r = b.rng.uniform(-0.7, 0.7), b.rng.uniform(-0.25, 0.05), b.rng.uniform(0.05, 0.14)
        b.oval(x - r, y - r * 0.6, x + r, y + r * 0.6, fill=b.some(b.rng.random() * 0.35, 0.55))
    for k in range(b.pick(1, 3)):
        x = k * 0.3 - 0.3
        b.stroke(x, -0.6, x + 0.15, -0.9, x, -1.2, fill=(236, 236, 236), width=0.06)


@motif("coffee", "room")
def coffee(b: Brush) -> None:
    """Draw a cup on a saucer."""
    cup = b.some(b.rng.random(), 0.7, 0.5)
    b.oval(-1.2, 0.6, 1.2, 1.0, fill=b.some(0.1, 0.8, 0.2))
    b.oval(0.5, -0.2, 1.2, 0.5, fill=cup)
    b.oval(0.65, -0.05, 1.0, 0.35, fill=b.some(0.1, 0.75, 0.2))
    b.block(-0.8, -0.5, 0.8, 0.8, fill=cup, radius=0.3)
    b.oval(-0.8, -0.7, 0.8, -0.3, fill=cup)
    b.oval(-0.7, -0.64, 0.7, -0.36, fill=b.some(0.07, 0.25, 0.6))
