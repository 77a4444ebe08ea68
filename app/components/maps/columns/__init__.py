"""Histograms of the columns of a map."""
