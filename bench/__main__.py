"""Print the benchmark tables: ``python -m bench [encoders|analysis|search ...]``.

Options go to one named benchmark: ``python -m bench pages --points 100000``.
"""

from __future__ import annotations

import sys
from importlib import import_module

# fmt: off
TABLES = ("pages", "encoders", "analysis", "search", "large", "own_vectors", "own_corpus",
          "full_text", "gpu", "ingest", "check", "layout", "families", "reactions", "sessions",
          "batching", "recognition", "thin", "ray")
# fmt: on


def main() -> int:
    """Run the named benchmarks, or all."""
    args = sys.argv[1:]
    if args[:1] in (["-h"], ["--help"]):
        print(f"{__doc__}\nTables: {', '.join(TABLES)}. All of them together take about an hour.")
        return 0
    first = next((i for i, word in enumerate(args) if word.startswith("-")), len(args))
    names, options = args[:first] or TABLES, args[first:]
    if options and len(names) != 1:
        print("Options belong to one benchmark: name it before them.", file=sys.stderr)
        return 2
    for name in names:
        if name not in TABLES:
            print(f"There is no benchmark {name}; there are {', '.join(TABLES)}.", file=sys.stderr)
            return 2
    for name in names:
        print(f"\n## {name}\n", flush=True)
        sys.argv = [f"bench.{name}", *options]
        import_module(f"bench.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
