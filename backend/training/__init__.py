"""How bundles are trained: data, losses, splits, recipes."""
