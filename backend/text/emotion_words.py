"""Words of a query that name an emotion: "people angry about trains"."""

from __future__ import annotations

from functools import lru_cache

from backend.text.search_tokens import fold, search_tokens

# The emotion that each names whatever stands beside it. Words with other uses, such as
# "mad" or "blue", are left out. Endings of gender and number are listed.
_WORDS = {
    "anger": "angry anger angrily furious fury outraged outrage annoyed enraged rage "
    "wütend wütende wütender wut verärgert verärgerte verärgerter zornig zornige empört empörte "
    "enfadado enfadada enfadados enfadadas enojado enojada enojados enojadas furioso furiosa "
    "furiosos furiosas rabia indignado indignada indignados furieux furieuse furieuses colère "
    "énervé énervée énervés fâché fâchée fâchés arrabbiato arrabbiata arrabbiati arrabbiate rabbia "
    "furiosi furiose zangado zangada zangados irritado irritada irritados raiva boos boze woedend "
    "woedende wściekły wściekła wściekli zdenerwowany zdenerwowana zdenerwowani kızgın öfkeli öfke "
    "злой злые сердитый сердитые ярость гнев 怒り 怒る",
    "sadness": "sad sadness sadly lonely loneliness heartbroken grief grieving mourning crying "
    "traurig traurige trauriger trauer einsam einsame triste tristes tristeza solitario tristesse "
    "solitude tristi tristezza sozinho sozinha solidão verdrietig verdrietige eenzaam eenzame "
    "smutny smutna smutni smutek samotny samotna üzgün mutsuz yalnız грустный грустные грусть "
    "печаль 悲しい 寂しい",
    "joy": "happy happily happiness joy joyful delighted cheerful overjoyed glücklich glückliche "
    "fröhlich fröhliche freude feliz felices felicidad alegre alegres alegría heureux heureuse "
    "joyeux joyeuse joie bonheur felice felici gioia allegro alegria felizes blij blije gelukkig "
    "gelukkige szczęśliwy szczęśliwa szczęśliwi radość mutlu neşeli sevinç счастливый счастливые "
    "радость 嬉しい 幸せ",
    "fear": "afraid scared scary fear frightened frightening terrified anxious angst ängstlich "
    "ängstliche erschrocken miedo asustado asustada asustados peur effrayé effrayée effrayant "
    "paura spaventato spaventata medo assustado assustada bang bange angstig angstige "
    "przestraszony przestraszona strach korkmuş korku страх испуганный 怖い 恐怖",
    "disgust": "disgusted disgusting disgust gross revolting angeekelt ekel eklig ekelhaft asco "
    "asqueroso asquerosa dégoût dégoûté dégoûtant disgusto disgustoso disgustato nojo nojento "
    "walgelijk walging obrzydliwy obrzydliwe iğrenç отвращение 気持ち悪い",
    "surprise": "surprised surprising astonished amazed überrascht überraschte erstaunt "
    "sorprendido sorprendida sorprendidos surpris surprise étonné sorpreso sorpresa sorpresi "
    "surpreso surpresa verrast verbaasd zaskoczony zaskoczona şaşkın şaşırmış удивлённый 驚いた",
}


@lru_cache(maxsize=1)
def _emotions() -> dict[str, str]:
    return {fold(word): emotion for emotion, words in _WORDS.items() for word in words.split()}


def emotion_of(token: str) -> str:
    """Return the emotion that a folded word names; empty for none."""
    return _emotions().get(token, "")


def named_emotion(text: str) -> str:
    """Return the emotion that a query names beside its topic; empty for none, or for several.

    A word by itself is a topic of its own.

    Examples
    --------
    >>> named_emotion("people angry about trains"), named_emotion("verärgerte Bahnfahrer")
    ('anger', 'anger')
    >>> named_emotion("angry"), named_emotion("a red car")
    ('', '')
    """
    tokens = search_tokens(text)
    found = {emotion_of(token) for token in tokens} - {""}
    return found.pop() if len(found) == 1 and len(tokens) > 1 else ""
