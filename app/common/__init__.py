"""Colours and safe markup that every page shares."""
