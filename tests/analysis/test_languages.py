"""Gold sentences of every language: what is a statement, whose, and of which stance. Half of them are silent."""

from pathlib import Path

import pytest

from bot.domain.statement import Document
from bot.errors import LexiconError
from bot.lexicons import default_engine, load_lexicon

SPOKEN = {
    "pl": [
        ("Rosja odrzuciła zawieszenie broni w wojnie z Ukrainą.", "Russia", "ceasefire", "reject"),
        ("W środę wezwał Zełenski do natychmiastowego rozejmu.", "Volodymyr Zelensky", "ceasefire", "demand"),
        (
            "„Nie oddamy Krymu” – oświadczył prezydent Ukrainy Wołodymyr Zełenski.",
            "Volodymyr Zelensky",
            "territory",
            "reject",
        ),
        (
            "Macron spotkał się z dziennikarzami. Podkreślił, że zawieszenie broni w Gazie jest konieczne.",
            "Emmanuel Macron",
            "ceasefire",
            "demand",
        ),
        ("Rzecznik Kremla powiedział, że plan pokojowy dla Ukrainy jest możliwy.", "Kremlin", "ceasefire", "propose"),
        ("Chiny odrzuciły rozejm w wojnie o Tajwan.", "China", "ceasefire", "reject"),
        ("Starmer zaapelował do Rosji o bezwarunkowe zawieszenie broni.", "Keir Starmer", "ceasefire", "demand"),
    ],
    "nl": [
        ("Hamas verwerpt het staakt-het-vuren in Gaza.", "Hamas", "ceasefire", "reject"),
        ("De Europese Unie roept op tot een wapenstilstand in de oorlog.", "European Union", "ceasefire", "demand"),
        ("Volgens het Kremlin heeft Oekraïne het bestand geschonden.", "Russia", "ceasefire", "accuse"),
        (
            "Een gevechtspauze in Gaza komt er niet, zei de Israëlische premier Netanyahu.",
            "Benjamin Netanyahu",
            "ceasefire",
            "reject",
        ),
        ("Nederland gaat Palestina erkennen, zei premier Rutte.", "Mark Rutte", "territory", "recognise"),
        ("Spanje erkent de Palestijnse staat.", "Spain", "territory", "recognise"),
    ],
    "fr": [
        ("Le Hamas rejette le cessez-le-feu proposé à Gaza.", "Hamas", "ceasefire", "reject"),
        (
            "« La trêve doit commencer immédiatement », a déclaré le président ukrainien Volodymyr Zelensky.",
            "Volodymyr Zelensky",
            "ceasefire",
            "demand",
        ),
        ("L'ONU a appelé à l'arrêt des combats au Soudan.", "United Nations", "ceasefire", "demand"),
        (
            "La Crimée est ukrainienne, a affirmé Macron, qui recevait des soldats.",
            "Emmanuel Macron",
            "territory",
            "claim",
        ),
        ("Selon le Kremlin, Kiev a violé la trêve.", "Russia", "ceasefire", "accuse"),
        ("Une trêve a été rejetée par Israël après des bombardements.", "Israel", "ceasefire", "reject"),
        ("Lavrov a affirmé que la Russie ne renoncerait jamais à la Crimée.", "Sergey Lavrov", "territory", "reject"),
        ("Pékin affirme que Taïwan fait partie de la Chine.", "China", "territory", "claim"),
    ],
    "es": [
        ("Hamás rechazó el alto el fuego en Gaza.", "Hamas", "ceasefire", "reject"),
        (
            "«La tregua debe empezar de inmediato», afirmó el presidente ucraniano, Volodímir Zelenski.",
            "Volodymyr Zelensky",
            "ceasefire",
            "demand",
        ),
        ("La ONU pide un cese de hostilidades en Sudán.", "United Nations", "ceasefire", "demand"),
        ("Según el Kremlin, Kiev violó la tregua.", "Russia", "ceasefire", "accuse"),
        (
            "Lavrov visitó Ankara. Añadió que Rusia no aceptará una tregua en Ucrania.",
            "Sergey Lavrov",
            "ceasefire",
            "reject",
        ),
        ("Argentina reclamó la soberanía de las Malvinas ante la ONU.", "Argentina", "territory", "demand"),
        ("La UE condena la anexión de territorios ucranianos.", "European Union", "territory", "reject"),
    ],
    "it": [
        ("Hamas respinge il cessate il fuoco a Gaza.", "Hamas", "ceasefire", "reject"),
        (
            "«La tregua deve iniziare subito», ha detto il presidente ucraino Volodymyr Zelensky.",
            "Volodymyr Zelensky",
            "ceasefire",
            "demand",
        ),
        ("L'Onu chiede una pausa umanitaria nella guerra in Sudan.", "United Nations", "ceasefire", "demand"),
        ("Secondo il Cremlino, Kiev ha violato la tregua.", "Russia", "ceasefire", "accuse"),
        ("Mosca: «Nessuna tregua in Ucraina prima di maggio».", "Russia", "ceasefire", "reject"),
        ("La Crimea è ucraina, ha ribadito Macron.", "Emmanuel Macron", "territory", "claim"),
        ("L'Ue accusa Israele di violare la tregua a Gaza.", "European Union", "ceasefire", "accuse"),
    ],
    "de": [
        ("Die Hamas lehnt eine Waffenruhe im Gazastreifen ab.", "Hamas", "ceasefire", "reject"),
        (
            "„Die Feuerpause muss sofort beginnen“, sagte der ukrainische Präsident Wolodymyr Selenskyj.",
            "Volodymyr Zelensky",
            "ceasefire",
            "demand",
        ),
        ("Am Dienstag forderte Macron ein Ende der Kämpfe im Sudan.", "Emmanuel Macron", "ceasefire", "demand"),
        ("Russland hat den Friedensplan für die Ukraine abgelehnt.", "Russia", "ceasefire", "reject"),
        ("Laut dem Kreml hat Kiew die Waffenruhe verletzt.", "Russia", "ceasefire", "accuse"),
        ("Die Krim gehört zur Ukraine, betonte Scholz.", "Olaf Scholz", "territory", "claim"),
        (
            "Moskau werde die Krim niemals zurückgeben, sagte Außenminister Lawrow.",
            "Sergey Lavrov",
            "territory",
            "reject",
        ),
        ("Trump droht der Hamas bei Bruch der Waffenruhe mit Konsequenzen.", "Donald Trump", "ceasefire", "threaten"),
    ],
    "ru": [
        ("ХАМАС отверг прекращение огня в секторе Газа.", "Hamas", "ceasefire", "reject"),
        (
            "«Перемирие должно начаться немедленно», — заявил президент Украины Владимир Зеленский.",
            "Volodymyr Zelensky",
            "ceasefire",
            "demand",
        ),
        ("Во вторник призвал Макрон к прекращению боевых действий в Судане.", "Emmanuel Macron", "ceasefire", "demand"),
        ("Песков: Россия готова к перемирию на Украине.", "Dmitry Peskov", "ceasefire", "propose"),
        ("По словам представителя Кремля, Киев нарушил перемирие.", "Russia", "ceasefire", "accuse"),
        (
            "Лавров прибыл в Анкару. Он добавил, что Россия не согласится на перемирие в войне.",
            "Sergey Lavrov",
            "ceasefire",
            "reject",
        ),
        ("Крым принадлежит Украине, подчеркнул Макрон.", "Emmanuel Macron", "territory", "claim"),
        ("В ХАМАС сообщили, что согласились на перемирие в Газе.", "Hamas", "ceasefire", "agree"),
        (
            "Эрдоган заявил, что Турция никогда не признает аннексию Крыма.",
            "Recep Tayyip Erdogan",
            "territory",
            "reject",
        ),
    ],
    "uk": [
        ("ХАМАС відкинув припинення вогню в секторі Гази.", "Hamas", "ceasefire", "reject"),
        (
            "«Перемир'я має початися негайно», — заявив президент України Володимир Зеленський.",
            "Volodymyr Zelensky",
            "ceasefire",
            "demand",
        ),
        ("У вівторок закликав Макрон до припинення бойових дій у Судані.", "Emmanuel Macron", "ceasefire", "demand"),
        ("Пєсков: Росія готова до перемир’я в Україні.", "Dmitry Peskov", "ceasefire", "propose"),
        ("За словами речника НАТО, Росія порушила перемир'я.", "NATO", "ceasefire", "accuse"),
        ("Рубіо прибув до Києва. Додав, що США підтримують припинення війни.", "Marco Rubio", "ceasefire", "demand"),
        ("Крим належить Україні, наголосив Макрон.", "Emmanuel Macron", "territory", "claim"),
        ("Європейські лідери закликали Росію до припинення вогню.", "European leaders", "ceasefire", "demand"),
    ],
    "tr": [
        ("Hamas, Gazze'de ateşkesi reddetti.", "Hamas", "ceasefire", "reject"),
        (
            "Ukrayna Devlet Başkanı Vladimir Zelenskiy, “Ateşkes derhal başlamalı” dedi.",
            "Volodymyr Zelensky",
            "ceasefire",
            "demand",
        ),
        (
            "BM Genel Sekreteri Guterres, Sudan'da ateşkes çağrısında bulundu.",
            "Antonio Guterres",
            "ceasefire",
            "demand",
        ),
        ("Rusya, Ukrayna'yı ateşkesi ihlal etmekle suçladı.", "Russia", "ceasefire", "accuse"),
        ("Kırım Ukrayna'ya aittir, dedi Macron.", "Emmanuel Macron", "territory", "claim"),
        ("Fransa, Filistin devletini tanıyacağını açıkladı.", "France", "territory", "recognise"),
        ("Bakan Fidan: İsrail ateşkesi ihlal ediyor.", "Hakan Fidan", "ceasefire", "accuse"),
    ],
    "he": [
        ("חמאס דחה את הפסקת האש בעזה.", "Hamas", "ceasefire", "reject"),
        ("הנשיא זלנסקי אמר כי הפסקת האש חייבת להתחיל מיד.", "Volodymyr Zelensky", "ceasefire", "demand"),
        ('מזכ"ל האו"ם גוטרש קרא להפסקת אש בסודאן.', "Antonio Guterres", "ceasefire", "demand"),
        ('ארה"ב הציעה הפוגה בלחימה בלבנון.', "United States", "ceasefire", "propose"),
        ("נתניהו: לא תקום מדינה פלסטינית.", "Benjamin Netanyahu", "territory", "reject"),
        ("לדברי הקרמלין, אוקראינה הפרה את הפסקת האש.", "Russia", "ceasefire", "accuse"),
        ("בחמאס הודיעו כי קיבלו את ההצעה להפסקת אש בעזה.", "Hamas", "ceasefire", "agree"),
        ("חמאס מאשים את ישראל בהפרת הפסקת האש.", "Hamas", "ceasefire", "accuse"),
    ],
    "ar": [
        ("رفضت حركة حماس وقف إطلاق النار في غزة.", "Hamas", "ceasefire", "reject"),
        (
            "قال الرئيس الأوكراني فولوديمير زيلينسكي إن الهدنة يجب أن تبدأ فورا.",
            "Volodymyr Zelensky",
            "ceasefire",
            "demand",
        ),
        ("ودعا غوتيريش إلى وقف القتال في السودان.", "Antonio Guterres", "ceasefire", "demand"),
        ("ماكرون يقترح هدنة في الحرب الأوكرانية.", "Emmanuel Macron", "ceasefire", "propose"),
        ("اتهمت روسيا أوكرانيا بخرق الهدنة.", "Russia", "ceasefire", "accuse"),
        ("أكد نتنياهو أنه لن تقوم دولة فلسطينية.", "Benjamin Netanyahu", "territory", "reject"),
        ("قال لافروف إن موسكو لن تعيد القرم أبدا.", "Sergey Lavrov", "territory", "reject"),
        ("حماس تتهم إسرائيل بخرق وقف إطلاق النار.", "Hamas", "ceasefire", "accuse"),
    ],
}

SILENT = {
    "pl": [
        "Zawieszenie broni w Gazie trwa od tygodnia.",
        "Podczas rozejmu do Gazy wjechały ciężarówki, poinformowała agencja.",
        "Premier Izraela powiedział, że w piątek poleci do Waszyngtonu.",
        "Spółka podpisała aneks do umowy kredytowej.",
        "Izrael przekazał Hamasowi listę więźniów w ramach rozejmu.",
        "Ukraińskie wojsko podało, że zestrzeliło drony w obwodzie zaporoskim.",
        "Rosyjskie MSZ wezwało ambasadora Polski.",
    ],
    "nl": [
        "Het staakt-het-vuren in Gaza duurt al een week.",
        "De partij sloot een wapenstilstand in het transferdebat over voetbal.",
        "Premier Rutte zei dat hij vrijdag naar Kiev reist.",
        "Open het bestand en sla het op, zegt de handleiding.",
        "Tijdens het bestand kwamen vrachtwagens Gaza binnen.",
        "Duizenden mensen lopen mee in een mars voor een staakt-het-vuren in Gaza.",
    ],
    "fr": [
        "La trêve à Gaza tient depuis une semaine.",
        "Pékin et Washington acceptent une trêve commerciale.",
        "Le président Macron a déclaré qu'il se rendrait lundi à Kiev.",
        "Pendant la trêve, des camions sont entrés à Gaza.",
        "La météo n'offre aucune trêve aux agriculteurs.",
        "Le ministre a défendu la souveraineté numérique de la France.",
        "Ukraine : treize morts dans une frappe russe à Kharkiv malgré la trêve.",
        "Zelensky est arrivé à Washington pour parler de missiles.",
    ],
    "es": [
        "La tregua en Gaza dura ya una semana.",
        "Pekín y Washington acordaron una tregua comercial.",
        "El presidente Macron dijo que viajará el lunes a Kiev.",
        "Durante la tregua, los camiones entraron en Gaza.",
        "El calor no da tregua a los agricultores.",
        "El ministro defendió la soberanía alimentaria de España.",
        "Miles de personas marchan en Madrid por un alto el fuego en Gaza.",
    ],
    "it": [
        "La tregua a Gaza regge da una settimana.",
        "Pechino e Washington accettano una tregua commerciale sui dazi.",
        "Il premier Meloni ha detto che lunedì volerà a Kiev.",
        "Durante la tregua i camion sono entrati a Gaza.",
        "Il campionato non concede tregua alle squadre.",
        "Il ministro ha difeso la sovranità alimentare dell'Italia.",
        "Migliaia in piazza a Roma per chiedere il cessate il fuoco a Gaza.",
    ],
    "de": [
        "Die Waffenruhe im Gazastreifen hält seit einer Woche.",
        "Peking und Washington einigten sich auf eine Feuerpause im Handelsstreit.",
        "Bundeskanzler Scholz sagte, er reise am Montag nach Kiew.",
        "Während der Waffenruhe fuhren Lastwagen nach Gaza.",
        "Im Koalitionsstreit fordert der Minister einen Waffenstillstand mit der Ampel.",
        "Der Präsident eröffnete eine Ausstellung über den Krieg.",
        "Die israelische Armee teilte mit, sie habe einen Kommandeur der Hisbollah getötet.",
        "Nach Beginn der Waffenruhe kehren Tausende nach Gaza zurück.",
    ],
    "ru": [
        "Перемирие в Газе длится уже неделю.",
        "Пекин и Вашингтон согласились на торговое перемирие.",
        "Президент Макрон заявил, что в понедельник поедет в Киев.",
        "Во время перемирия грузовики въехали в Газу.",
        "В магазине сообщили о снижении цен.",
        "Министр рассказал о цифровом суверенитете.",
        "Израиль передал ХАМАС список пленных в рамках перемирия.",
        "Минобороны РФ сообщило, что над Крымом сбиты беспилотники.",
        "Зеленский прибыл в Лондон на переговоры о ракетах.",
    ],
    "uk": [
        "Перемир'я в Газі триває вже тиждень.",
        "Пекін і Вашингтон погодилися на торговельне перемир'я, повідомили ринки.",
        "Президент Макрон заявив, що в понеділок поїде до Києва.",
        "Під час перемир'я вантажівки в'їхали до Гази.",
        "Мама сказала, що сьогодні приїде.",
        "Міністр розповів про цифровий суверенітет.",
        "Сторони обговорили перемир'я, повідомив Кремль.",
        "Росіяни вночі атакували Одесу дронами, є поранені.",
    ],
    "tr": [
        "Gazze'de ateşkes bir haftadır sürüyor.",
        "Pekin ve Washington ticaret ateşkesini kabul etti.",
        "Macron pazartesi günü Kiev'e gideceğini söyledi.",
        "Ateşkes sırasında kamyonlar Gazze'ye girdi.",
        "Teknik direktör derbide ateşkes istedi.",
        "Bakan, yargı bağımsızlığının önemini vurguladı.",
        "Trump ile Putin Alaska'da bir araya geldi.",
    ],
    "he": [
        "הפסקת האש בעזה נמשכת כבר שבוע.",
        "סין וארצות הברית הסכימו להפסקת אש במלחמת המכס.",
        "ראש הממשלה נתניהו אמר שימריא ביום שני לוושינגטון.",
        "במהלך הפסקת האש נכנסו משאיות לעזה.",
        "עם תום הפסקת האש נורו רקטות לעבר אשקלון.",
        "השר סיפר על עצמאות דיגיטלית.",
        "נתניהו נפגש עם טראמפ בבית הלבן על רקע המלחמה.",
        "ביום השלישי להפסקת האש נכנסו משאיות סיוע לרצועה.",
    ],
    "ar": [
        "تستمر الهدنة في غزة منذ أسبوع.",
        "اتفقت بكين وواشنطن على هدنة تجارية.",
        "قال الرئيس ماكرون إنه سيزور كييف يوم الاثنين.",
        "دخلت الشاحنات إلى غزة خلال الهدنة.",
        "أعلنت الوزارة زيادة في الصادرات.",
        "تحدث الوزير عن السيادة الرقمية.",
        "أعلن الجيش الإسرائيلي مقتل قائد في حزب الله في بيروت.",
        "وصل وزير الخارجية التركي إلى بغداد.",
    ],
}


@pytest.mark.parametrize(
    ("language", "text", "speaker", "topic", "stance"), [(code, *row) for code, rows in SPOKEN.items() for row in rows]
)
def test_a_statement_is_found(language: str, text: str, speaker: str, topic: str, stance: str) -> None:
    analysis = default_engine().analyse(Document("", text, language, "2025-05-16"))
    found = [(s.speaker, s.topic, s.stance.value) for s in analysis.statements]
    assert (speaker, topic, stance) in found, analysis.reasons
    for s in analysis.statements:
        assert s.evidence.text in text
        assert s.speaker_span.text in text


@pytest.mark.parametrize(("language", "text"), [(code, text) for code, texts in SILENT.items() for text in texts])
def test_no_statement_no_flag(language: str, text: str) -> None:
    analysis = default_engine().analyse(Document("", text, language, "2025-05-16"))
    assert not analysis.statements, analysis.reasons
    assert analysis.reasons


def test_half_of_the_sentences_are_silent() -> None:
    for code, rows in SPOKEN.items():
        assert abs(len(rows) - len(SILENT[code])) <= 1, code


def test_a_name_leads_to_an_actor_or_a_place(tmp_path: Path) -> None:
    (tmp_path / "names").mkdir()
    text = '[language]\ncode = "pl"\n[nominative]\n"Ruritania" = ["Rurytania"]\n'
    (tmp_path / "names" / "pl.toml").write_text(text, encoding="utf-8")
    with pytest.raises(LexiconError, match='"Ruritania" leads nowhere'):
        load_lexicon(tmp_path)


def test_a_trait_is_one_that_the_engine_knows(tmp_path: Path) -> None:
    (tmp_path / "cues").mkdir()
    text = '[language]\ncode = "xx"\n[words]\ntrait = ["verb first"]\n'
    (tmp_path / "cues" / "xx.toml").write_text(text, encoding="utf-8")
    with pytest.raises(LexiconError, match='"verb first" is no trait of a language'):
        load_lexicon(tmp_path)
