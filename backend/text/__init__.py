"""Tokenizers and stopwords."""
