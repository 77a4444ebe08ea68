"""Words of a query that name a feeling: "people angry about trains", "zmęczony po pracy"."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from backend.text.search_tokens import fold, search_tokens

_BEGINS = "*"  # ends the beginning of a word that any ending may follow


@dataclass(frozen=True, slots=True)
class Feeling:
    """A feeling that words of many languages name.

    Attributes
    ----------
    adjective : str
        Its English name.
    emotion : str
        The emotion that it is a kind of; empty for none.
    """

    adjective: str
    emotion: str = ""


# The feeling that each names whatever stands beside it, in en de es fr it pt nl sv da nb fi pl tr
# ru ja. Words with other uses, such as "mad" or "blue", are left out.
_WORDS = {
    Feeling("angry", "anger"): "angry anger angrily furious fury outraged outrage annoyed enraged "
    "rage infuriated wütend* wut verärgert* zornig* empört empörten enfadad* enojad* "
    "furios* rabia indignad* furieux furieuse* colère énervé* fâché fâchée fâchés arrabbiat* "
    "rabbia zangad* irritad* raiva boos boze woedend* arg arga ilsken ilska förbannad* rasande "
    "vred vrede sinna sinne vihainen vihaiset viha raivoissa* wściek* zdenerwowan* kızgın* öfke* "
    "злой злая злые сердит* ярость гнев 怒り 怒る",
    Feeling("sad", "sadness"): "sad sadness sadly heartbroken grief grieving mourning crying "
    "traurig* trauer triste* tristeza tristesse tristi tristezza verdrietig* verdriet ledsen "
    "ledsna sorgsen sorg trist triste surullinen surulliset suru smutn* smutek üzgün* mutsuz* "
    "грустн* грусть печаль",
    Feeling("lonely", "sadness"): "lonely loneliness lonesome einsam einsame einsamer einsamen "
    "einsamkeit solitari* solitude sozinh* solidão eenzaam* eenzame ensam ensamma ensamhet ensom* "
    "yksinäinen yksinäiset yksinäisyys samotn* yalnız yalnızlık yalnızım одинок* одиночество",
    Feeling("happy", "joy"): "happy happily happiness joy joyful delighted cheerful overjoyed "
    "glücklich glückliche glücklicher glücklichen fröhlich* freude feliz felices felicidad "
    "alegre* alegría heureux heureuse heureuses joyeux joyeuse* joie bonheur felice felici "
    "felicità gioia allegr* alegria felizes felicidade blij blije gelukkig* glad glada lycklig* "
    "glädje lykkelig* glæde glade lykke onnellinen onnelliset iloinen ilo szczęśliw* radość "
    "radosn* mutlu* neşeli sevinç* счастлив* счастье радость 幸せ",
    Feeling("scared", "fear"): "afraid scared scary fear frightened frightening terrified angst "
    "ängstlich* erschrocken* miedo asustad* peur effrayé* effrayant* paura spaventat* medo "
    "assustad* bang bange rädd rädda rädsla livrädd* bange redd redde frykt pelokas peloissa* "
    "pelko przestraszon* przestraszeni przerażon* przerażeni strach korkmuş* korkunç korkuyorum "
    "страх испуган* 怖い 恐怖",
    Feeling("nervous", "fear"): "anxious nervous worried anxiety nervös* besorgt* nervios* "
    "preocupad* ansios* ansiedad nerveux nerveuse* inquiet inquiète* inquiets angoisse* nervos* "
    "preoccupat* ansia ansiedade angstig* zenuwachtig* bezorgd* orolig* bekymr* hermostun* "
    "huolestun* zaniepokojon* zaniepokojeni endişe* kaygı* тревог* тревожн* 不安",
    Feeling("disgusted", "disgust"): "disgusted disgusting disgust revolting angeekelt* ekel "
    "eklig* ekelhaft* asco asqueros* dégoût* disgust* nojo nojent* walgelijk* walging äcklig* "
    "äckel ulækker* motbydelig* ekkel ekle ällöttäv* inho obrzydliw* obrzydzenie iğrenç* "
    "отвращение отвратительн*",
    Feeling("surprised", "surprise"): "surprised surprising astonished amazed überrascht* "
    "erstaunt* sorprendid* surpris surprise surprises étonné* sorpres* surpres* verrast* "
    "verbaasd* förvånad* överraskad* overrasket* overraskede forbløffet yllättyn* zaskoczon* "
    "zaskoczeni zdziwion* zdziwieni şaşkın* şaşırmış* удивлён* удивлен*",
    Feeling("tired"): "tired tiredness exhausted exhaustion weary sleepy fatigued müde müder "
    "müdigkeit erschöpft* erschöpfung cansad* cansancio agotad* fatigué* épuisé* fatigue crevé "
    "crevée crevés stanco stanca stanchi stanche stanchezza esausto esausta esausti exausto "
    "exausta exaustos cansaço moe vermoeid* uitgeput* slaperig* trött trötta trötthet utmattad* "
    "træt trætte udmattet utmattet sliten slitne väsynyt väsynee* uupunut uupunee* zmęczon* "
    "zmęczen* wyczerpan* yorgun* bitkin* устал устала устали устало* усталый усталая усталые "
    "утомл* 疲れ",
    Feeling("bored"): "bored boredom gelangweilt* langeweile aburrid* aburrimiento ennuyé* ennui "
    "annoiat* noia entediad* tédio verveeld* verveling uttråkad* tristess keder tylsistyn* "
    "znudzon* znudzeni sıkılmış* скучно скука 退屈",
    Feeling("stressed"): "stressed overwhelmed gestresst* überfordert* estresad* agobiad* "
    "stressé* débordé débordée débordés stressat* estressad* sobrecarregad* gestrest* overspannen "
    "stressad* stresset* stressaantun* zestresowan* stresli* стресс*",
    Feeling("proud"): "proud proudly stolz stolze stolzer orgullos* orgullo fier fière* fiers "
    "fierté fiero fieri orgoglios* orgoglio orgulhos* orgulho trotse stolt stolta stolte ylpeä "
    "ylpeät ylpeys dumny dumna dumni dumnie gurur* гордост* горжусь 誇り",
    Feeling("grateful"): "grateful thankful gratitude dankbar* agradecid* gratitud reconnaissant* "
    "gratitude grato grata gratidão riconoscent* gratitudine dankbaar* dankbare tacksam* "
    "taknemmelig* takknemlig* kiitollinen kiitolliset wdzięczn* minnettar* благодар* 感謝",
    Feeling("disappointed"): "disappointed disappointing disappointment enttäuscht* enttäuschung "
    "decepcionad* decepción déçu déçue déçus déception delus delusa deluso delusi delusione "
    "desapontad* decepção teleurgesteld* besviken besvikna skuffet skuffede pettynyt pettynee* "
    "rozczarowan* разочарован*",
    Feeling("relieved"): "relieved erleichtert* erleichterung aliviad* soulagé* soulagement "
    "alívio opgelucht* lättad lättade lettet lettede helpottun* rahatlamış* облегчение",
    Feeling("jealous"): "jealous jealousy envious eifersüchtig* neidisch* celos* envidi* jaloux "
    "jalouse* gelosa geloso gelosi gelosia invidios* ciument* invejos* jaloers* svartsjuk* "
    "avundsjuk* jaloux* sjalu misundelig* kateellinen mustasukkai* zazdrosn* kıskanç* ревнив* "
    "завистлив*",
    Feeling("ashamed"): "ashamed embarrassed beschämt* avergonzad* vergüenza honteux honteuse* "
    "vergognos* imbarazzat* envergonhad* beschaamd* skamsen flov flau zawstydzon* zawstydzeni "
    "utanmış* стыдно",
    Feeling("guilty"): "guilty schuldbewusst* culpable* coupable* colpevole* culpad* schuldig* "
    "skyldig skyldiga skyldige syyllinen winny winna suçlu* виноват*",
    Feeling("hopeful"): "hopeful optimistic hoffnungsvoll* zuversichtlich* esperanzad* optimista* "
    "optimiste* speranzos* esperanços* otimista* hoopvol* hoppfull* håbefuld* håpefull* toiveika* "
    "umutlu* оптимистичн*",
    Feeling("calm"): "calm peaceful relaxed entspannt* tranquil* serein* sereno serena rilassat* "
    "relajad* relaxad* détendu* ontspannen kalm avslappna* afslappet rauhallinen rentoutun* "
    "spokojn* zrelaksowan* huzurlu* спокойн*",
    Feeling("excited"): "excited thrilled ecstatic aufgeregt* begeistert* emocionad* ilusionad* "
    "enthousiaste* excité* entusiast* emozionat* empolgad* enthousiast* uppspelt* begejstre* "
    "begeistret* innostun* podekscytowan* heyecanlı* взволнован*",
    Feeling("confused"): "confused bewildered verwirrt* confundid* confus* confuso confusa "
    "verward* förvirrad* forvirret* hämmentyn* zdezorientowan* растерян*",
    Feeling("homesick"): "homesick homesickness heimweh heimwee hemlängtan hjemve hjemlengsel "
    "koti-ikävä тоск*",
    Feeling("desperate"): "desperate hopeless verzweifelt* desesperad* désespéré* disperat* "
    "wanhopig* desperat* förtvivla* fortvivle* epätoivoi* zrozpaczon* zrozpaczeni umutsuz* "
    "отчаян*",
    Feeling("frustrated", "anger"): "frustrated frustration frustriert* frustrad* frustré* "
    "frustrat* gefrustreerd* frustrerad* frustreret* frustrert* turhautun* sfrustrowan*",
}  # fmt: skip


@lru_cache(maxsize=1)
def _vocabulary() -> tuple[dict[str, Feeling], dict[str, Feeling]]:
    """Return the feelings by folded word, and by the beginning of one."""
    entries = [(word, feeling) for feeling, words in _WORDS.items() for word in words.split()]
    whole = {fold(word): feeling for word, feeling in entries if not word.endswith(_BEGINS)}
    begins = {fold(word[:-1]): feeling for word, feeling in entries if word.endswith(_BEGINS)}
    return whole, begins


@lru_cache(maxsize=10_000)
def feeling_of(token: str) -> Feeling | None:
    """Return the feeling that a folded word names; None for none.

    Examples
    --------
    >>> feeling_of("zmeczona").adjective, feeling_of("train")
    ('tired', None)
    """
    whole, begins = _vocabulary()
    if token in whole:
        return whole[token]
    return next((begins[token[:n]] for n in range(len(token), 2, -1) if token[:n] in begins), None)


def emotion_of(token: str) -> str:
    """Return the emotion that a folded word names; empty for none."""
    feeling = feeling_of(token)
    return feeling.emotion if feeling else ""


def named_feelings(text: str) -> list[Feeling]:
    """Return the feelings that a query names, in order, without repetition.

    Examples
    --------
    >>> [feeling.adjective for feeling in named_feelings("zmęczony po pracy")]
    ['tired']
    """
    found = dict.fromkeys(map(feeling_of, search_tokens(text)))
    return [feeling for feeling in found if feeling]


def feelings_in_english(text: str) -> str:
    """Return a text with the words that name feelings in English.

    Examples
    --------
    >>> feelings_in_english("zmęczony po pracy")
    'tired po pracy'
    """
    pairs = [(word, named_feelings(word)) for word in text.split()]
    return " ".join(feelings[0].adjective if feelings else word for word, feelings in pairs)


def without_feelings(text: str) -> str:
    """Return a text without the words that name feelings.

    Examples
    --------
    >>> without_feelings("zmęczony po pracy")
    'po pracy'
    """
    return " ".join(word for word in text.split() if not named_feelings(word))


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
