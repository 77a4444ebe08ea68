"""The input of Analyse a post: a text, an image, a sound, or an example."""

from __future__ import annotations

import streamlit as st

from app.common.markup import plain
from app.components.shared.actions import show_link_button
from app.components.shared.pictures import still, tile
from app.data import url_state
from app.data.session import examples, workspace
from app.sign_in import visitor
from backend.domain import KindredError, Modality
from backend.settings import SHIPPED_CORPUS, settings

# fmt: off
PICTURES = [
    "png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff", "avif", "heic", "heif",
    "mp4", "m4v", "mov", "webm", "mkv", "avi",
]
SOUNDS = ["wav", "mp3", "ogg", "oga", "opus", "flac", "m4a", "aac", "aif", "aiff", "wma", "weba"]
# fmt: on
TEXT = "analyse_text"
ANOTHER = {"why": None}  # a new post starts with its own strongest emotion


def _text_changed() -> None:
    text = st.session_state[TEXT].strip()
    text_kept = text if len(text) <= url_state.LINK_CHARACTERS else None
    url_state.put({"text": text_kept, **ANOTHER}, own=True)


def _uploaded(widget: str) -> None:
    """Store an upload and write its key to the address."""
    file = st.session_state.get(widget)
    # A new widget each time: the address, not the uploader, holds the file.
    st.session_state["analyse_round"] = st.session_state.get("analyse_round", 0) + 1
    if file is None:
        return
    try:
        upload = workspace().read_upload(file.getvalue(), file.name, owner=visitor())
    except KindredError as error:
        url_state.problem(error)
        return
    keys: dict[str, object] = {**ANOTHER}
    if upload.image is not None:
        keys["image"] = upload.key
    if upload.audio is not None:
        keys["sound"] = upload.key
    url_state.put(keys)


def _show_remove(name: str) -> None:
    show_link_button(f"Remove {name}", {name: None, **ANOTHER}, icon="close")


def _clear() -> None:
    st.session_state[TEXT] = ""  # the address does not hold a long text
    url_state.put({"text": None, "image": None, "sound": None, **ANOTHER})


def _use(text: str | None, image: str | None, sound: str | None) -> None:
    st.session_state[TEXT] = text or ""
    url_state.put({"text": text, "image": image, "sound": sound, **ANOTHER})


def _slot_image(key: str, turn: int) -> None:
    if key:
        try:
            st.image(still(key) or b"", width="stretch", alt="Your image")
        except KindredError:
            st.caption("This image has expired. Upload it again.")
        _show_remove("image")
        return
    widget = f"analyse_image_{turn}"
    st.file_uploader(
        "Image, GIF or video", type=PICTURES, key=widget, on_change=_uploaded, args=(widget,)
    )
    with st.popover("Use the camera", icon=":material/photo_camera:", width="stretch"):
        camera = f"analyse_camera_{turn}"
        # The browser asks for permission as soon as the camera is on the page.
        if st.toggle("Turn the camera on", key=f"analyse_camera_on_{turn}"):
            st.camera_input("Take a photo", key=camera, on_change=_uploaded, args=(camera,))


def _slot_sound(key: str, turn: int) -> None:
    if key:
        try:
            sound = workspace().upload(key).audio
            if sound:
                st.caption(f"Your sound, {sound.seconds:.1f} s")
            if sound and sound.duration > sound.seconds + 0.5:
                st.caption(
                    f"Only seconds {sound.start:.0f} to {sound.start + sound.seconds:.0f} "
                    f"of {sound.duration:.0f} are analysed."
                )
        except KindredError:
            st.caption("This sound has expired. Upload it again.")
        _show_remove("sound")
        return
    widget = f"analyse_sound_{turn}"
    st.file_uploader("Sound", type=SOUNDS, key=widget, on_change=_uploaded, args=(widget,))
    record = f"analyse_record_{turn}"
    st.audio_input("Record a sound", key=record, on_change=_uploaded, args=(record,))


def show_input() -> tuple[str, str, str]:
    """Show the inputs; return the text and the keys of image and sound, empty without one."""
    turn = st.session_state.get("analyse_round", 0)
    url_state.follow(TEXT, "text")
    image, sound = url_state.get("image"), url_state.get("sound")
    limits = settings().limits
    with st.container(border=True):
        text = st.text_area(
            "What does the post say?",
            key=TEXT,
            height=120,
            max_chars=limits.text_characters,
            placeholder="Any language. Leave it empty to analyse an image or a sound alone.",
            on_change=_text_changed,
        )
        if len(text.strip()) > url_state.LINK_CHARACTERS:
            st.caption("This text is too long to include in the link.")
        one, two = st.columns(2)
        with one:
            _slot_image(image, turn)
        with two:
            _slot_sound(sound, turn)
        url_state.show_problem()
        with st.container(horizontal=True):
            pressed = st.button("Analyse", type="primary", icon=":material/auto_awesome:")
            if text or image or sound:
                st.button("Start over", type="tertiary", on_click=_clear)
        if pressed and not (text.strip() or image or sound):
            st.caption("Write a text, or upload an image or a sound.")
    if text.strip() or image or sound:
        with st.expander("Try an example instead", icon=":material/lightbulb:"):
            show_examples()
    return text, image, sound


def show_examples(*, empty: bool = False) -> None:
    """Show examples to click, with a heading and more room on an empty page."""
    if empty:
        st.subheader("No post at hand? Try an example", anchor=False)
    with st.grid("auto", min_column_width=190 if empty else 150):
        for i, example in enumerate(examples()):
            with st.container(border=True, height="stretch", key=f"example_{i}_{empty}"):
                if example.image:
                    path = workspace().media(example.image, Modality.IMAGE, SHIPPED_CORPUS)
                    st.image(tile(str(path)), width="stretch", alt=f"Image of “{example.title}”")
                if example.text:
                    st.text(example.text)
                if example.audio:
                    path = workspace().media(example.audio, Modality.AUDIO, SHIPPED_CORPUS)
                    st.audio(path, alt=f"Sound of “{example.title}”")
                st.space("stretch")
                st.button(
                    plain(example.title),
                    key=f"use_example_{i}_{empty}",
                    width="stretch",
                    on_click=_use,
                    args=(example.text, example.image_key, example.audio_key),
                )
