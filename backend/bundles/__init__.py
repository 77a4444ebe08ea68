"""Bundles: encoders by name, trained heads, joint space, calibration and model card."""
