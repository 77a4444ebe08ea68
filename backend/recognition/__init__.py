"""Recognition: what is written in pictures and said in sounds, by frozen networks."""

from backend.recognition.recognizer import Recognizer, wanted
from backend.recognition.whisper_weights import missing

__all__ = ["Recognizer", "missing", "wanted"]
