"""Print the benchmark tables: ``python -m bench [encoders|analysis|search ...]``."""

from __future__ import annotations

import sys
from importlib import import_module

# fmt: off
TABLES = ("pages", "encoders", "analysis", "search", "large", "ingest", "layout", "sessions",
          "together", "thin", "ray")
# fmt: on


def main() -> int:
    """Run the named benchmarks, or all."""
    names = sys.argv[1:] or TABLES
    if {"-h", "--help"} & set(names):
        print(f"{__doc__}\nTables: {', '.join(TABLES)}. All of them take an hour or so.")
        return 0
    for name in names:
        if name not in TABLES:
            print(f"There is no benchmark {name}; there are {', '.join(TABLES)}.", file=sys.stderr)
            return 2
    for name in names:
        print(f"\n## {name}\n", flush=True)
        sys.argv = [f"bench.{name}"]
        import_module(f"bench.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
