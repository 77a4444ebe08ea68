"""Recognition: what is written in pictures and said in sounds, by frozen networks."""

from backend.recognition.recognizer import Recognizer, estimate, wanted
from backend.recognition.whisper_weights import missing

__all__ = ["Recognizer", "estimate", "missing", "wanted"]
