"""Chats of WhatsApp, Telegram and Discord."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.domain import Reaction
from tests.backend.ingest import samples
from tests.backend.ingest.readers.platforms.sources import Read, written

MARK = "\u200e"
CHATS = {
    "german android": (
        "28.02.23, 09:05 - Nachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt.\n"
        "28.02.23, 09:06 - Jörg: Guten Morgen: schon wach?\n"
        "01.03.23, 21:07 - Ute: <Medien ausgeschlossen>\n"
        "01.03.23, 21:08 - Ute: Bin müde\nund gehe schlafen\n",
        [("Jörg", "Guten Morgen: schon wach?", "2023-02-28T09:06:00"),
         ("Ute", "Bin müde\nund gehe schlafen", "2023-03-01T21:08:00")],
        {"messages about the chat": 1, "messages whose media were not exported": 1},
    ),
    "us iphone": (
        f"[3/9/24, 11:59:58\u202fPM] Al: {MARK}Messages and calls are end-to-end encrypted.\n"
        "[3/9/24, 11:59:59\u202fPM] Al: Good night\n"
        "[3/10/24, 12:00:01\u202fAM] ~\u202fBea: You too\n"
        f"{MARK}[3/10/24, 12:01:01\u202fAM] Al: {MARK}This message was deleted.\n",
        [("Al", "Good night", "2024-03-09T23:59:59"), ("Bea", "You too", "2024-03-10T00:00:01")],
        {"messages about the chat": 1, "deleted messages": 1},
    ),
    "us android, both orders possible": (
        "1/2/24, 8:00 AM - Al: First\n1/3/24, 8:00 AM - Al: Second\n2/1/24, 8:00 AM - Al: Third\n",
        [("Al", "First", "2024-01-02T08:00:00"), ("Al", "Second", "2024-01-03T08:00:00"),
         ("Al", "Third", "2024-02-01T08:00:00")],
        {},
    ),
    "french": (
        "05/06/2023 à 07:08 - Zoé: Ça va ?\n06/06/2023 à 07:08 - Zoé: Oui\n",
        [("Zoé", "Ça va ?", "2023-06-05T07:08:00"), ("Zoé", "Oui", "2023-06-06T07:08:00")],
        {},
    ),
    "spanish with dots in the half of the day": (
        "5/6/23, 7:08 p.\u00a0m. - Eva: Hola\n25/6/23, 7:09 a.\u00a0m. - Eva: Adiós\n",
        [("Eva", "Hola", "2023-06-05T19:08:00"), ("Eva", "Adiós", "2023-06-25T07:09:00")],
        {},
    ),
    "spanish, deleted by oneself": (
        "25/6/23, 7:10 a.\u00a0m. - Juan: Eliminaste este mensaje.\n"
        "25/6/23, 7:11 a. m. - Juan: Sí\n",
        [("Juan", "Sí", "2023-06-25T07:11:00")],
        {"deleted messages": 1},
    ),
    "swedish": (
        "2023-06-05 07:08 - Åsa: Hej\n2023-06-05 07:08 - Åsa: Hej\n",
        [("Åsa", "Hej", "2023-06-05T07:08:00"), ("Åsa", "Hej", "2023-06-05T07:08:00")],
        {},
    ),
    "arabic": (
        "\u200f24\u200f/12\u200f/2021، 6:00 م - سارة: مرحبا بكم\n",
        [("سارة", "مرحبا بكم", "2021-12-24T18:00:00")],
        {},
    ),
    "korean": (
        "2023년 6월 5일 오후 3:08, 민수 : 안녕\n",
        [("민수", "안녕", "2023-06-05T15:08:00")],
        {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHATS)
def test_whatsapp_in_many_languages(name: str, tmp_path: Path) -> None:
    text, wanted, left = CHATS[name]
    read = Read(written(tmp_path, {"WhatsApp Chat with a friend.txt": text}))
    found = [(p.user, p.text, w) for p, w in zip(read.posts, read.when(), strict=True)]
    assert read.report.format == "whatsapp" and found == wanted
    assert read.left == left


def test_whatsapp_with_its_media(tmp_path: Path) -> None:
    folder = written(
        tmp_path / "chat",
        {
            "_chat.txt": "[05.06.23, 07:08:09] Pia: Hi\n"
            f"{MARK}[05.06.23, 07:09:09] Pia: {MARK}<angehängt: 00002-PHOTO.jpg>\n"
            f"{MARK}[25.06.23, 07:10:09] Pia: {MARK}<angehängt: 00003-AUDIO.opus>\n"
            f"{MARK}[25.06.23, 07:11:09] Pia: {MARK}<angehängt: Karte.vcf>\n"
            f"{MARK}[25.06.23, 07:12:09] Pia: {MARK}<angehängt: 00009-PHOTO.jpg>\n"
        },
    )
    samples.picture(folder / "00002-PHOTO.jpg")
    (folder / "00003-AUDIO.opus").write_bytes(samples.sound(tmp_path / "s.wav").read_bytes())
    (folder / "Karte.vcf").write_text("BEGIN:VCARD")
    read = Read(samples.zipped(folder, tmp_path / "WhatsApp Chat.zip"))
    assert read.texts == ["Hi", None, None]
    assert read.pictures() == ["", "00002-PHOTO.jpg", ""]
    assert read.sounds() == ["", "", "00003-AUDIO.opus"]
    assert read.left == {"documents and contacts": 1}
    assert read.report.problems == {"no_media": 1}
    android = "1/31/24, 8:00 AM - Al: IMG-1-WA0000.jpg (file attached)\nLook at it\n"
    other = written(tmp_path / "android", {"WhatsApp Chat with Al.txt": android})
    samples.picture(other / "IMG-1-WA0000.jpg")
    read = Read(other)
    assert (read.texts, read.pictures()) == (["Look at it"], ["IMG-1-WA0000.jpg"])


def message(id_: int, **more: object) -> dict[str, object]:
    said = {"id": id_, "type": "message", "date": "2022-05-06T07:08:09", "from": "Lea"}
    return said | {"from_id": "user7", "text": "", "date_unixtime": "1651820889"} | more


CHAT = [
    {"id": 1, "type": "service", "date": "2022-05-06T07:00:00", "action": "pin", "text": ""},
    message(2, text=["See ", {"type": "hashtag", "text": "#sun"}, " and sea"]),
    message(3, text="", photo="photos/a.jpg", reply_to_message_id=2),
    message(4, file="voice/v.ogg", media_type="voice_message"),
    message(5, poll={"question": "Tea or coffee?", "answers": [{"text": "Tea"}]}),
    message(6, contact_information={"first_name": "X"}),
]


def test_telegram(tmp_path: Path) -> None:
    chat = {"name": "Club", "type": "private_group", "id": 44, "messages": CHAT}
    folder = written(tmp_path / "one", {"result.json": chat})
    samples.picture(folder / "photos/a.jpg")
    (folder / "voice").mkdir()
    (folder / "voice/v.ogg").write_bytes(samples.sound(tmp_path / "s.wav").read_bytes())
    read = Read(folder)
    assert read.texts == ["See #sun and sea", None, None, "Tea or coffee?\nTea"]
    assert (read.pictures()[1], read.sounds()[2]) == ("photos/a.jpg", "voice/v.ogg")
    assert read.posts[0].tags == ("sun",) and read.posts[0].id == "44/2"
    assert (read.posts[0].user, read.when()[0]) == ("user7", "2022-05-06T07:08:09")
    assert read.reactions == [Reaction("user7", "44/2", "reply")]
    assert read.left == {
        "service messages": 1,
        "messages without words, pictures or sounds": 1,
    }
    samples.lines(tmp_path / "m.jsonl", CHAT)
    assert Read(tmp_path / "m.jsonl").texts[0] == "See #sun and sea"


def test_all_chats_of_telegram_leave_the_private_ones_out(tmp_path: Path) -> None:
    chats = [
        {"name": "Mum", "type": "personal_chat", "id": 1, "messages": [message(1, text="psst")]},
        {"name": "Club", "type": "public_channel", "id": 2, "messages": [message(1, text="hey")]},
    ]
    told = {"about": "…", "contacts": {"list": [{"phone": "1"}]}, "chats": {"list": chats}}
    read = Read(written(tmp_path, {"result.json": told}))
    assert read.texts == ["hey"] and read.posts[0].labels["chat"] == "Club"
    assert read.left == {"messages of private chats": 1}


def test_discord(tmp_path: Path) -> None:
    author = {"id": "8", "name": "kim", "nickname": "Kim", "isBot": False}
    said = {"id": "100", "type": "Default", "timestamp": "2022-05-06T07:08:09.123+00:00"}
    said |= {"content": "hello #all", "author": author, "attachments": [], "embeds": []}
    joined = said | {"id": "101", "type": "GuildMemberJoin", "content": "Joined."}
    told = {"guild": {"id": "1"}, "channel": {"name": "chat"}, "messages": [said, joined]}
    read = Read(written(tmp_path / "j", {"chat.json": told}) / "chat.json")
    (post,) = read.posts
    assert (post.user, post.text, post.tags) == ("kim", "hello #all", ("all",))
    assert post.labels == {"channel": "chat"} and read.left == {"messages about the channel": 1}
    table = "AuthorID,Author,Date,Content,Attachments,Reactions\n"
    table += '"8","kim","2022-05-06T07:08:09.1230000+02:00","hi there",'
    table += '"https://cdn.example/a.png?ex=1,https://cdn.example/b.mp3",""\n'
    read = Read(written(tmp_path / "c", {"c.csv": table}) / "c.csv")
    assert read.texts == ["hi there"] and read.when() == ["2022-05-06T05:08:09"]
    assert read.report.problems == {"not_fetched": 2}


def test_the_data_that_discord_sends(tmp_path: Path) -> None:
    rows = "ID,Timestamp,Contents,Attachments\n100,2022-05-06 07:08:09+00:00,said in public,\n"
    files: dict[str, object] = {
        "messages/index.json": {"c1": "general", "c2": "Direct Message with x"},
        "messages/c1/channel.json": {"id": "1", "type": 0, "name": "general"},
        "messages/c1/messages.csv": rows,
        "messages/c2/channel.json": {"id": "2", "type": 1},
        "messages/c2/messages.csv": rows.replace("public", "private").replace("100", "101"),
        "account/user.json": {"email": "x@example.org"},
    }
    read = Read(written(tmp_path, files))
    assert read.texts == ["said in public"]
    assert read.left == {"direct messages, which are private": 1}
