"""Names of columns in many languages, normalised as `column_names.normalise` does."""

from __future__ import annotations

# Names of each field, best first.
_NAMES = {
    "id": (
        "id ids idstr identifier identifiant identificador kennung postid tweetid statusid "
        "messageid photoid commentid reviewid submissionid videoid imageid docid articleid "
        "itemid sampleid textid sentenceid cid uuid guid uid key nr numero nummer "
        "lfdnr no sno serialno rowid idx"
    ),
    "text": (
        "text fulltext tweettext posttext commenttext messagetext reviewtext rawtext content "
        "textcontent body selftext message tweet tweets tweetcontent caption comment review "
        "description lyrics snippet utterance transcript transcription sentence post posts "
        "nachricht beitrag texte texto testo inhalt kommentar tekst metin mensaje mensagem "
        "comentario contenido conteudo contenu commentaire messaggio commento текст "
        "сообщение комментарии текстсообщения 内容 內容 文章內容 留言 正文 "
        "微博正文 文本 评论 评论内容 本文 "
        "コメント 投稿 내용 본문 댓글 نص النص التعليق "
        "status tresc wiadomosc zprava viesti teksti szoveg mesaj yorum icerik pesan isi "
        "bericht meddelande inlagg melding innlegg повідомлення допис κειμενο quote"
    ),
    "title": ("title headline subject titel titre titulo titolo заголовок 标题 タイトル 제목"),
    "image": (
        "image imagepath imagefile imagename imageurl img imgpath photo photourl picture "
        "filename file filepath path mediaurl media bild foto downloadurl video videopath "
        "videourl gif imagen immagine attachment thumbnail thumbnailurl"
    ),
    "audio": (
        "audio audiopath audiofile audiourl sound soundfile song clip music wav mp3 ton "
        "recording speech voice"
    ),
    "user": (
        "userid authorid accountid ownerid creatorid senderid fromid channelid user username "
        "userscreenname screenname handle authorusername authorhandle author authorname "
        "account accountname usernsid nsid owner creator artist poster member profile "
        "benutzer benutzername nutzer autor auteur autore utente usuario utilisateur von "
        "sender from speaker 投稿者 用戶 使用者 發文者 暱稱 "
        "ユーザー名 アカウント アカウント名 著者 名前 发布者 "
        "发布人 博主 用户名称 用户昵称 닉네임 작성자명 아이디 kullanici kullaniciadi yazar "
        "uzytkownik uzivatel anvandare forfattare bruger bruker forfatter gebruiker "
        "gebruikersnaam kayttaja felhasznalo szerzo utilizator utilizador pseudo користувач "
        "χρηστησ كاتب المستخدم الكاتب משתמש کاربر usernickname nickname displayname fullname "
        "automaticuser 用户 用户名 昵称 作者 автор пользователь ユーザー 작성자 emailaddress "
        "email login uid name"
    ),
    "name": (
        "displayname fullname authordisplayname authorname userdisplayname nickname "
        "usernickname screenname userscreenname username authorusername handle name"
    ),
    "time": (
        "createdutc createdatutc timestamputc datetimeutc utc createdat created createdtime "
        "createdon createddate creationtime creationdate datecreated timestamp timestampms "
        "ts datetime date time timeparsed tweetcreatedat tweetdate tweettime publishedat "
        "published publishdate publishtime publicationdate datepublished posted postedat "
        "postedon postdate posttime postcreated postcreateddate dateposted sent sentat "
        "senttime commentdate commenttime commentedat reviewdate messagetime taken takenat "
        "datetaken dateuploaded uploaded uploadedat uploaddate submitted submittedat day "
        "when datum zeit zeitstempel zeitpunkt erstellt erstelltam veroffentlicht "
        "veroffentlichtam heure horodateur fecha fechahora fechayhora hora dataora datahora "
        "data dato tarih дата датаивремя время 日期 时间 時間 发布时间 日時 날짜 작성일 "
        "التاريخ 日期時間 發布時間 czas tidspunkt tidpunkt tanggal waktu idopont "
        "paivamaara ημερομηνια"
    ),
    "language": (
        "language lang languagecode langcode tweetlang textlang postlang locale sprache "
        "langue idioma lingua язык 语言"
    ),
    "tags": (
        "tags hashtags hashtag keywords usertags topics schlagworte schlagworter tag etiquetas"
    ),
    "licence": ("licence license licencename licensename rights copyright"),
    "url": (
        "url link permalink permalinkurl pageurl posturl tweeturl tweetlink postlink "
        "sourceurl webpage uri href 链接"
    ),
    "reply_to": (
        "replyto replytoid replytopostid replytotweetid replytostatusid replytomessageid inreplyto "
        "inreplytoid inreplytopostid inreplytotweetid inreplytostatusid inreplytostatusidstr "
        "repliedto repliedtoid replyingto parentid parentpostid parenttweetid parentcommentid "
        "parentmessageid parent antwortauf reponsea respuestaa respostaa rispostaa"
    ),
    "clock": (
        "time clock hour timeofday uhrzeit zeit heure hora ora tid tijd время час saat 时间 "
        "時間 posttime tweettime timestamp timeutc"
    ),
}
NAMES = {field: tuple(names.split()) for field, names in _NAMES.items()}
