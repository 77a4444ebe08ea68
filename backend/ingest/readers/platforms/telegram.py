"""Messages of Telegram: ``result.json`` of one chat or all, and the messages alone."""

from __future__ import annotations

from typing import Any

from backend.ingest.readers.platforms.common import (
    Cells,
    Context,
    Item,
    LeftOut,
    counts,
    epoch,
    first,
    hashtags,
    names_of,
    objects,
    reactions,
)

NAME = "telegram"
TITLE = "Telegram export"
ASIDE = ("contacts", "frequent_contacts", "sessions", "web_sessions")
_PRIVATE = ("personal_chat", "saved_messages", "bot_chat")
_SOUNDS = ("voice_message", "audio_file")
_PICTURES = ("video_file", "animation", "video_message", "sticker")


def fits(item: Item, path: tuple[str, ...]) -> bool:
    """Return whether an item is a message, or one about the chat."""
    if item.get("type") == "service":
        return "action" in item and "date" in item
    own_fields = sum(name in item for name in ("from", "from_id", "date_unixtime", "text_entities"))
    return item.get("type") == "message" and "date" in item and "text" in item and own_fields >= 1


def cells(item: Item, context: Context) -> Cells:
    """Return the cells of a message."""
    chat = context.around if "messages" in context.around or "type" in context.around else {}
    if "chats" in context.path and chat.get("type") in _PRIVATE:
        raise LeftOut("messages of private chats")
    if item.get("type") == "service":
        raise LeftOut("service messages")
    words = _text(item.get("text")) or _text(item.get("text_entities"))
    if isinstance(item.get("poll"), dict):
        poll = item["poll"]
        choices = names_of(poll.get("answers"), "text")
        words = "\n".join(filter(None, [words, str(poll.get("question") or ""), *choices]))
    prefix = f"{chat['id']}/" if isinstance(chat.get("id"), int | str) else ""
    user = str(first(item, "from_id", "from", "actor_id") or "")
    pictures, sounds = _media(item)
    if not words and not pictures and not sounds:
        raise LeftOut("messages without words, pictures or sounds")
    answered = item.get("reply_to_message_id")
    emojis = [e.get("count") for e in objects(item.get("reactions"))]
    return {
        "id": f"{prefix}{item.get('id')}",
        "text": words,
        "user": user,
        "name": first(item, "from"),
        "time": epoch(item.get("date_unixtime")) or item.get("date"),
        "tags": _tagged(item) or hashtags(words),
        "links": names_of(_pieces(item), "href"),
        "image": pictures,
        "audio": sounds,
        "chat": chat.get("name"),
        "forwarded from": first(item, "forwarded_from"),
        "reactions": reactions(user, "reply", [f"{prefix}{answered}"] if answered else []),
        **counts(likes=sum(n for n in emojis if isinstance(n, int)) if emojis else None),
    }


def _text(value: Any) -> str:
    """Return a text that may be a list of pieces, some of them with a format."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        return ""
    pieces = [p.get("text") if isinstance(p, dict) else p for p in value]
    return "".join(p for p in pieces if isinstance(p, str))


def _pieces(item: Item) -> list[dict[str, Any]]:
    return [*objects(item.get("text_entities")), *objects(item.get("text"))]


def _tagged(item: Item) -> list[str]:
    return names_of([p.get("text") for p in _pieces(item) if p.get("type") == "hashtag"])


def _media(item: Item) -> tuple[list[str], list[str]]:
    """Return the paths of pictures and of sounds; a film is both, by its file."""
    photo, file = item.get("photo"), item.get("file")
    pictures = [photo] if isinstance(photo, str) else []
    if not isinstance(file, str):
        return pictures, []
    media_type, mime = item.get("media_type"), str(item.get("mime_type") or "")
    if media_type in _SOUNDS or mime.startswith("audio/"):
        return pictures, [file]
    if media_type in _PICTURES or mime.startswith(("image/", "video/")):
        return [*pictures, file], []
    return pictures, []
