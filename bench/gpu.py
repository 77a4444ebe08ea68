"""Images a second on a GPU, end to end and bare: ``python -m bench gpu``.

End to end: decode, scale, copy and encode the shipped pictures as an import does, and place them in
the joint space. Bare: the same network on tensors that lie on the device already. Both with the
encoder of the active bundle, or the one named with ``--encoder``. Without a GPU it says so.
"""

from __future__ import annotations

import argparse
import time

from backend.core import device as devices
from backend.domain import Modality
from backend.settings import ASSETS, settings


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench gpu", description=__doc__)
    parser.add_argument("--encoder", help="such as open_clip:ViT-B-32@openai:image")
    parser.add_argument("--images", type=int, default=2_000)
    parser.add_argument("--device", default="auto", help="cpu measures the same without a GPU")
    args = parser.parse_args()
    found = devices.resolve(args.device)
    if not found.name.startswith("cuda") and args.device == "auto":
        print(f"There is no GPU to measure: {found.reason} (--device cpu measures the CPU)")
        return
    import torch

    from backend import encoders
    from backend.bundles.active import active
    from backend.encoders.backbone import Backbone
    from backend.media import read_media

    name = args.encoder or active(settings().home).encoders[Modality.IMAGE]
    encoder = encoders.get(name, modality="image", device=found.name)
    card = torch.cuda.get_device_name(0) if found.name.startswith("cuda") else found.name
    paths = sorted((ASSETS / "corpus" / "media").rglob("*.webp"))[: args.images]
    encoder.encode([read_media(path)[0] for path in paths[: encoder.batch]])  # warm
    start = time.perf_counter()
    for at in range(0, len(paths), 256):
        encoder.encode([read_media(path)[0] for path in paths[at : at + 256]])
    whole = len(paths) / (time.perf_counter() - start)
    print(f"{card}, {name}: {whole:,.0f} images a second from files to vectors")
    if not isinstance(encoder, Backbone):
        print("The bare forward is measured for open_clip and timm encoders.")
        return
    bare = encoder.forward_rate(64, rounds=20)
    print(f"bare forward {bare:,.0f} images a second; end to end is {whole / bare:.0%} of it")


if __name__ == "__main__":
    main()
