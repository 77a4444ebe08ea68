"""Stopwords: words that carry no topic, by language."""

from __future__ import annotations

from functools import lru_cache

_ENGLISH = """
a able about above actually after again against all almost along already also although
always am among an and another any anybody anyone anything anyway are aren't around as at
away back be became because become been before began behind being below beside better
between both but by came can can't cannot come could couldn't did didn't do does doesn't
doing don't done down during each either else enough etc even ever every everybody everyone
everything far few for from get gets getting give given go goes going gone gonna got gotta
had has hasn't have haven't having he he'd he's her here here's hers herself him himself his
how however i i'd i'll i'm i've if in instead into is isn't it it'd it'll it's its itself
just keep kept know last least less let let's lets likely lives lot lots made make makes making
many may maybe me might mine more most much must my myself near need needs neither never
next no nobody none nor not nothing now of off often on once one only onto or other others
our ours ourselves out over own per perhaps please put quite rather really s said same say saying
says see seem seems seen several shall she she'd she's should shouldn't since so some
somebody someone something sometimes somewhere soon still such t take takes than that that's
the their theirs them themselves then there there's these they they'd they'll they're
they've thing think this those though through thus till to together too took toward towards
try under until up upon us use used uses using usually very via want wants was wasn't we
we'd we'll we're we've well went were weren't what what's when where whether which while who
who's whoever whole whom whose why will with within without won't would wouldn't yes yet you
you'd you'll you're you've your yours yourself yourselves
"""
# The most frequent of them. Names of slices leave out only these, since links contain the names.
FUNCTION_WORDS = frozenset(
    {"the", "and", "for", "with", "that", "this", "you", "are", "was", "have", "not", "but"}
    | {"from", "they", "his", "her", "its", "our", "all", "can", "has", "had", "just", "your"}
    | {"what", "out", "get", "one", "who", "will", "would", "there", "their", "been", "when"}
)
# Words that people use of any picture or sound, or of posting itself.
_POSTING = {
    "amp", "based", "clip", "clipart", "cliparts", "don", "draw", "drawing", "drawn", "file",
    "free", "gimp", "got", "graphic", "graphics", "http", "https", "icon", "illustration", "image",
    "images", "inkscape", "isn", "like", "lol", "made", "make", "openclipart", "original", "photo",
    "photograph", "photos", "pic", "picture", "pictures", "png", "simple", "svg", "use", "used",
    "using", "vector", "vectors", "version", "www",
}  # fmt: skip
# Pronouns, adverbs and auxiliaries that the lists of ``stopwordsiso`` lack.
_MORE = {
    "de": "bitte danke egal eher eigentlich einfach fast genau gerne lassen leider sagen sofort "
    "sogar",
    "es": "alguien cosa digo gracias puedes quiero quieres realmente vas veo viene",
    "fr": "aller dis déjà faire faut jamais oui sais veut veux vient vois voir vraiment également",
    "it": "alcune almeno altra appena credo davvero ormai possono posso puoi quei viene voglio "
    "vuoi vuole",
    "nl": "allemaal echt elkaar gaan gaat hele helemaal keer komt laten mee natuurlijk nou soms "
    "weet één",
    "pl": "będę chyba dopiero masz mogę naprawdę nikt oczywiście potem prostu razem sie swoich "
    "swoją trochę wiem",
    "pt": "acho alguma alguém algum comigo deu disse disso fica ficou mim muita muitas nenhum "
    "ninguém porém pra quase realmente sido vamos vou várias",
    "tr": "artık asla aynı başka bence bütün evet hala hemen şimdi",
}


@lru_cache(maxsize=64)
def stopwords(language: str | None) -> frozenset[str]:
    """Return the stopwords of a language and of English, which is mixed into all.

    Parameters
    ----------
    language : str or None
        ISO 639-1; only English for an unknown one.
    """
    words = {*_ENGLISH.split(), *_POSTING}
    if language and language != "en":
        import stopwordsiso

        code = language.split("-")[0].split("_")[0]
        if stopwordsiso.has_lang(code):
            words |= stopwordsiso.stopwords(code)
        words.update(_MORE.get(code, "").split())
    return frozenset(words)
