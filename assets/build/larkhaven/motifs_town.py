"""What musicians and the rest of the town show."""

from __future__ import annotations

from assets.build.larkhaven.drawings import _DARK, Brush, motif


def _strings(b: Brush, wood: tuple[int, int, int], waist: float, neck: float) -> None:
    b.block(-0.1, -neck, 0.1, 0.2, fill=b.some(0.06, 0.22))
    b.oval(-0.55, -0.4, 0.55, 0.4, fill=wood)
    b.oval(-0.5 - waist, 0.0, 0.5 + waist, 1.05, fill=wood)
    b.block(-0.16, -neck - 0.25, 0.16, -neck, fill=b.some(0.06, 0.2))
    b.stroke(0, -neck, 0, 0.7, fill=(236, 230, 214), width=0.03)


@motif("guitar", "room")
def guitar(b: Brush) -> None:
    """Draw a guitar."""
    _strings(b, b.some(b.rng.choice([0.07, 0.0, 0.6]), 0.45, 0.6), 0.25, b.rng.uniform(1.0, 1.5))
    b.oval(-0.2, 0.05, 0.2, 0.45, fill=_DARK)


@motif("cello", "room")
def cello(b: Brush) -> None:
    """Draw a cello with its bow."""
    _strings(b, b.some(0.05, 0.35, 0.6), 0.15, b.rng.uniform(1.0, 1.3))
    for side in (-0.3, 0.3):
        b.stroke(side, 0.1, side * 0.8, 0.5, fill=_DARK, width=0.05)
    lean = b.rng.uniform(-0.8, 0.8)
    b.stroke(1.0, -1.1, 1.0 + lean, 1.1, fill=b.some(0.08, 0.3), width=0.06)


@motif("drum", "room")
def drum(b: Brush) -> None:
    """Draw drums."""
    for _ in range(b.pick(1, 4)):
        x, y, r = b.rng.uniform(-1.2, 1.2), b.rng.uniform(-0.3, 0.5), b.rng.uniform(0.35, 0.8)
        b.block(x - r, y, x + r, y + r, fill=b.some(b.rng.random(), 0.45, 0.6))
        b.oval(x - r, y - r * 0.35, x + r, y + r * 0.35, fill=b.some(0.1, 0.9, 0.2))
    b.stroke(-0.9, -1.0, 0.1, -0.2, fill=b.some(0.09, 0.6), width=0.07)
    b.stroke(0.9, -1.1, 0.0, -0.2, fill=b.some(0.09, 0.6), width=0.07)


@motif("stage", "night")
def stage(b: Brush) -> None:
    """Draw a stage with lights and people before it."""
    for k in range(b.pick(2, 5)):
        x = -1.5 + k * b.rng.uniform(0.6, 0.9)
        b.shape(x, -1.6, x - 0.5, 0.6, x + 0.5, 0.6, fill=b.some(b.rng.random(), 0.55, 0.7))
    b.block(-2.0, 0.5, 2.0, 1.0, fill=b.some(0.07, 0.25))
    for k in range(b.pick(1, 4)):
        x = -1.0 + k * 0.7
        b.block(x - 0.15, -0.1, x + 0.15, 0.5, fill=_DARK)
        b.oval(x - 0.14, -0.4, x + 0.14, -0.1, fill=b.some(0.07, 0.6))
    for k in range(b.pick(5, 12)):
        x = -2.0 + k * 0.36
        b.oval(x - 0.16, 1.0, x + 0.16, 1.35, fill=b.some(0.07, 0.12, 0.2))


@motif("notes", "room")
def notes(b: Brush) -> None:
    """Draw a sheet of music."""
    b.block(-1.2, -1.2, 1.2, 1.2, fill=(248, 244, 232), radius=0.02)
    for row in range(b.pick(2, 4)):
        top = -1.0 + row * 0.55
        for line in range(5):
            b.stroke(-1.1, top + line * 0.07, 1.1, top + line * 0.07, fill=(90, 90, 96), width=0.01)
        for k in range(b.pick(4, 9)):
            x, y = -1.0 + k * 0.24, top + b.rng.uniform(0, 0.3)
            b.oval(x - 0.07, y - 0.05, x + 0.07, y + 0.05, fill=_DARK)
            b.stroke(x + 0.06, y, x + 0.06, y - 0.28, fill=_DARK, width=0.02)


@motif("record", "room")
def record(b: Brush) -> None:
    """Draw a record, half out of its sleeve."""
    b.block(-1.5, -1.0, 0.4, 0.9, fill=b.some(b.rng.random(), 0.5, 0.6), radius=0.02)
    b.oval(-0.5, -0.95, 1.3, 0.85, fill=_DARK)
    r = b.rng.uniform(0.2, 0.4)
    b.oval(0.4 - r, -0.05 - r, 0.4 + r, -0.05 + r, fill=b.some(b.rng.random(), 0.55, 0.7))
    b.oval(0.36, -0.09, 0.44, -0.01, fill="white")


@motif("dog", "sea")
def dog(b: Brush) -> None:
    """Draw a dog on the beach."""
    fur = b.some(0.07, b.rng.uniform(0.25, 0.7), 0.4)
    b.block(-0.9, -0.1, 0.8, 0.5, fill=fur, radius=0.25)
    for x in (-0.8, -0.5, 0.4, 0.65):
        b.block(x, 0.3, x + 0.16, 1.0, fill=fur)
    b.oval(0.6, -0.7, 1.4, 0.1, fill=fur)
    b.oval(0.55, -0.7, 0.85, 0.0, fill=b.some(0.06, 0.25))
    b.oval(1.3, -0.35, 1.5, -0.18, fill=_DARK)
    b.stroke(-0.9, 0.0, -1.3, b.rng.uniform(-0.8, 0.0), fill=fur, width=0.14)


@motif("gull", "sea")
def gull(b: Brush) -> None:
    """Draw gulls in the air and one on a post."""
    for _ in range(b.pick(1, 6)):
        x, y, s = b.rng.uniform(-2, 2), b.rng.uniform(-1.6, -0.4), b.rng.uniform(0.2, 0.5)
        b.stroke(x - s, y - s * 0.5, x, y, x + s, y - s * 0.5, fill="white", width=0.1)
    b.block(-0.15, 0.4, 0.15, 1.6, fill=b.some(0.08, 0.3))
    b.oval(-0.6, -0.2, 0.6, 0.45, fill=(246, 246, 246))
    b.oval(0.3, -0.6, 0.8, -0.1, fill=(246, 246, 246))
    b.shape(0.75, -0.4, 1.15, -0.3, 0.75, -0.2, fill=b.some(0.11, 0.5, 0.9))
    b.shape(-0.5, 0.0, -1.1, 0.25, -0.3, 0.3, fill=b.some(0.6, 0.55, 0.1))


@motif("fish", "room")
def fish(b: Brush) -> None:
    """Draw fish on a plate or a slab."""
    b.oval(-1.6, -0.3, 1.6, 1.1, fill=(240, 240, 236))
    for k in range(b.pick(1, 5)):
        y, scale = 0.05 + k * 0.2, b.some(0.57, 0.6, 0.25)
        b.oval(-0.9, y - 0.16, 0.8, y + 0.16, fill=scale)
        b.shape(-0.8, y, -1.25, y - 0.2, -1.25, y + 0.2, fill=scale)
        b.oval(0.55, y - 0.07, 0.65, y + 0.03, fill=_DARK)


@motif("bike", "sea")
def bike(b: Brush) -> None:
    """Draw a bicycle."""
    paint = b.some(b.rng.random(), 0.45, 0.7)
    for x in (-0.8, 0.8):
        b.oval(x - 0.55, 0.0, x + 0.55, 1.1, fill=_DARK)
        b.oval(x - 0.46, 0.09, x + 0.46, 1.01, fill=b.some(0.55, 0.7, 0.2))
    b.stroke(-0.8, 0.55, -0.3, -0.4, 0.6, -0.4, 0.1, 0.55, -0.8, 0.55, fill=paint, width=0.09)
    b.stroke(-0.3, -0.4, 0.1, 0.55, fill=paint, width=0.09)
    b.stroke(0.8, 0.55, 0.55, -0.7, 0.8, -0.75, fill=paint, width=0.09)
    b.block(-0.5, -0.6, -0.1, -0.5, fill=_DARK)


@motif("house", "sea")
def house(b: Brush) -> None:
    """Draw a row of houses."""
    for k in range(b.pick(1, 5)):
        x, height = -1.8 + k * 0.85, b.rng.uniform(0.4, 1.3)
        b.block(x, -height, x + 0.8, 0.9, fill=b.some(b.rng.random(), 0.65, 0.5), radius=0.01)
        roof = b.some(0.02, 0.4)
        b.shape(x - 0.05, -height, x + 0.85, -height, x + 0.4, -height - 0.4, fill=roof)
        b.block(x + 0.28, 0.3, x + 0.52, 0.9, fill=b.some(0.14, 0.5, 0.8), radius=0.01)
        for row in range(int(height * 2)):
            for left in (0.1, 0.48):
                y = -height + 0.15 + row * 0.4
                b.block(x + left, y, x + left + 0.2, y + 0.22, fill=(222, 234, 242), radius=0.01)


@motif("boat", "sea")
def boat(b: Brush) -> None:
    """Draw a boat, perhaps with a sail."""
    b.shape(-1.1, 0.3, 1.2, 0.3, 0.8, 0.85, -0.8, 0.85, fill=b.some(b.rng.random(), 0.4, 0.6))
    if b.rng.random() < 0.6:
        b.stroke(0, 0.3, 0, -1.3, fill=b.some(0.08, 0.3), width=0.06)
        b.shape(0.06, -1.25, 0.06, 0.15, b.rng.uniform(0.5, 1.1), 0.15,
                fill=b.some(b.rng.random(), 0.85, 0.5))  # fmt: skip
    else:
        b.block(-0.6, -0.3, 0.3, 0.3, fill="white")
        b.block(-0.5, -0.2, -0.1, 0.1, fill=b.some(0.56, 0.6))
        b.block(0.0, -0.8, 0.15, -0.3, fill=b.some(0.02, 0.4))


@motif("ferry", "sea")
def ferry(b: Brush) -> None:
    """Draw a ferry."""
    b.shape(-2.0, 0.1, 2.1, 0.1, 1.7, 0.9, -1.8, 0.9, fill=b.some(b.rng.choice([0.6, 0.0]), 0.35))
    decks = b.pick(1, 3)
    for deck in range(decks):
        top = -0.35 - deck * 0.42
        b.block(-1.6 + deck * 0.3, top, 1.4 - deck * 0.3, top + 0.42, fill=(238, 240, 242))
        for k in range(6 - deck):
            x = -1.3 + deck * 0.3 + k * 0.42
            b.block(x, top + 0.1, x + 0.22, top + 0.28, fill=b.some(0.57, 0.4))
    b.block(-0.5, -0.9 - decks * 0.4, 0.0, -0.3 - decks * 0.3, fill=b.some(0.02, 0.45, 0.7))


@motif("queue", "sea")
def queue(b: Brush) -> None:
    """Draw a line of people or cars."""
    if b.rng.random() < 0.5:
        for k in range(b.pick(6, 14)):
            x, y = -2.2 + k * 0.36, b.rng.uniform(0.0, 0.2)
            b.block(x - 0.13, y, x + 0.13, y + 0.8, fill=b.some(b.rng.random(), 0.4), radius=0.1)
            b.oval(x - 0.13, y - 0.3, x + 0.13, y, fill=b.some(0.07, b.rng.uniform(0.35, 0.75)))
        return
    for row in range(b.pick(1, 3)):
        for k in range(b.pick(3, 6)):
            x, y, paint = -2.0 + k * 0.85, row * 0.6 - 0.2, b.some(b.rng.random(), 0.45)
            b.block(x, y, x + 0.7, y + 0.3, fill=paint)
            b.block(x + 0.15, y - 0.2, x + 0.55, y + 0.05, fill=paint)
            for wheel in (0.1, 0.48):
                b.oval(x + wheel, y + 0.2, x + wheel + 0.16, y + 0.38, fill=_DARK)


@motif("pier", "sea")
def pier(b: Brush) -> None:
    """Draw a pier on posts."""
    wood, level = b.some(0.07, 0.4, 0.4), b.rng.uniform(-0.1, 0.5)
    b.shape(-2.6, level - 0.1, 2.2, level - 0.3, 2.2, level, -2.6, level + 0.2, fill=wood)
    for k in range(b.pick(5, 9)):
        x = -2.4 + k * 0.6
        b.block(x, level, x + 0.12, level + 1.0, fill=b.some(0.07, 0.28, 0.4))
        if b.rng.random() < 0.5:
            b.stroke(x, level - 0.1, x, level - 0.8, fill=_DARK, width=0.04)
            b.oval(x - 0.1, level - 1.0, x + 0.1, level - 0.75, fill=b.some(0.14, 0.75, 0.9))


@motif("wave", "night")
def wave(b: Brush) -> None:
    """Draw waves over a wall."""
    for k in range(b.pick(3, 6)):
        x, r = b.rng.uniform(-2.2, 2.2), b.rng.uniform(0.5, 1.3)
        b.oval(x - r, -r * 0.6 + 0.2, x + r, 1.4, fill=b.some(0.54, 0.3 + 0.06 * k, 0.4))
        for _ in range(b.pick(6, 16)):
            dx, dy, s = b.rng.normal(0, r * 0.6), b.rng.uniform(-1.3, 0.0), b.rng.uniform(0.02, 0.1)
            b.oval(x + dx - s, dy - s, x + dx + s, dy + s, fill=(236, 242, 246))
    b.block(-3.0, 0.8, 3.0, 1.3, fill=b.some(0.6, 0.3, 0.1))
    for _ in range(b.pick(20, 50)):
        x, y = b.rng.uniform(-2.5, 2.5), b.rng.uniform(-2.0, 1.0)
        b.stroke(x, y, x - 0.12, y + 0.3, fill=(150, 160, 174), width=0.02)


@motif("lantern", "night")
def lantern(b: Brush) -> None:
    """Draw paper lanterns."""
    for _ in range(b.pick(3, 16)):
        x, y, r = b.rng.uniform(-2.0, 2.0), b.rng.uniform(-1.6, 0.8), b.rng.uniform(0.12, 0.5)
        glow = b.some(b.rng.choice([0.02, 0.08, 0.13, 0.85]), 0.6, 0.9)
        b.oval(x - r, y - r * 1.1, x + r, y + r * 1.1, fill=glow)
        b.oval(x - r * 0.5, y - r * 0.6, x + r * 0.5, y + r * 0.6, fill=b.some(0.13, 0.85, 0.9))
        b.stroke(x, y - r * 1.1, x, y - r * 1.6, fill=_DARK, width=0.03)


@motif("lighthouse", "sea")
def lighthouse(b: Brush) -> None:
    """Draw a lighthouse."""
    height = b.rng.uniform(1.0, 1.6)
    b.oval(-1.2, 0.7, 1.2, 1.4, fill=b.some(0.08, 0.35, 0.2))
    b.shape(-0.45, 0.9, 0.45, 0.9, 0.25, -height, -0.25, -height, fill=(242, 240, 236))
    for k in range(b.pick(2, 4)):
        y = 0.6 - k * 0.6
        b.block(-0.36, y - 0.25, 0.36, y, fill=b.some(0.0, 0.45, 0.7))
    b.block(-0.3, -height - 0.35, 0.3, -height, fill=b.some(0.14, 0.75, 0.9))
    b.shape(-0.4, -height - 0.35, 0.4, -height - 0.35, 0, -height - 0.7, fill=b.some(0.0, 0.4, 0.6))


@motif("sunset", "sea")
def sunset(b: Brush) -> None:
    """Draw the sun over the sea, and hills."""
    r = b.rng.uniform(0.4, 1.0)
    b.oval(-r, -r - 0.4, r, r - 0.4, fill=b.some(0.08, 0.6, 0.95))
    for _ in range(b.pick(1, 4)):
        x, width = b.rng.uniform(-2, 2), b.rng.uniform(0.5, 1.5)
        b.shape(x - width, 0.5, x, -b.rng.uniform(0, 0.5), x + width, 0.5,
                fill=b.some(0.75, 0.3, 0.25))  # fmt: skip


@motif("moon", "night")
def moon(b: Brush) -> None:
    """Draw the moon, whole or not, and stars."""
    r, cut = b.rng.uniform(0.35, 0.9), b.rng.uniform(-1.2, 1.2)
    for _ in range(b.pick(10, 40)):
        x, y, s = b.rng.uniform(-2.5, 2.5), b.rng.uniform(-2, 0.2), b.rng.uniform(0.01, 0.04)
        b.oval(x - s, y - s, x + s, y + s, fill="white")
    b.oval(-r, -r - 0.6, r, r - 0.6, fill=b.some(0.12, 0.8, 0.7))
    if abs(cut) > 0.4:
        b.oval(-r + cut * r, -r - 0.7, r + cut * r, r - 0.7, fill=b.some(0.62, 0.16, 0.4))


@motif("cloud", "sea")
def cloud(b: Brush) -> None:
    """Draw a heavy cloud and rain."""
    for _ in range(b.pick(5, 14)):
        x, y, r = b.rng.uniform(-1.8, 1.8), b.rng.uniform(-1.4, -0.4), b.rng.uniform(0.3, 0.7)
        b.oval(x - r, y - r, x + r, y + r, fill=b.some(0.6, 0.5, 0.1))
    for _ in range(b.pick(0, 40)):
        x, y = b.rng.uniform(-2, 2), b.rng.uniform(-0.3, 1.2)
        b.stroke(x, y, x - 0.1, y + 0.25, fill=b.some(0.58, 0.6, 0.3), width=0.03)


@motif("book", "room")
def book(b: Brush) -> None:
    """Draw books, in a pile or upright."""
    pile = b.rng.random() < 0.5
    for k in range(b.pick(3, 8)):
        shade, size = b.some(b.rng.random(), 0.45), b.rng.uniform(0.7, 1.2)
        if pile:
            b.block(-size, 0.7 - k * 0.24, size, 0.92 - k * 0.24, fill=shade)
        else:
            b.block(-1.2 + k * 0.32, 0.9 - size * 1.5, -0.92 + k * 0.32, 0.9, fill=shade)
