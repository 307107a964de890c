import pytest

from bot.analysis.language import Tongues, guess
from bot.lexicons import load_lexicon


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Обидві сторони погодилися на перемир'я, заявив президент країни.", "uk"),
        ("Both sides agreed to a truce, the president said on Monday evening.", "en"),
        ("Beide Seiten haben sich auf eine Waffenruhe geeinigt, sagte die Ministerin.", "de"),
        ("الطرفان اتفقا على هدنة", "ar"),
        ("שני הצדדים הסכימו להפסקת אש", "he"),
        ("123 !?", "en"),
        ("", "en"),
    ],
)
def test_guess(text: str, code: str) -> None:
    assert guess(text) == code


@pytest.mark.parametrize(
    ("declared", "text", "code"),
    [
        ("en", "Обидві сторони погодилися на перемир'я, заявив президент країни.", "uk"),
        ("uk", "Обе стороны согласились на перемирие, объявил президент страны.", "ru"),
        ("ru", "Обидві сторони погодилися на перемир'я, заявив президент країни.", "uk"),
        ("bg", "Двете страни се споразумяха за примирие, каза президентът.", "bg"),
        ("en", "שני הצדדים הסכימו להפסקת אש", "he"),
        ("ar", "دونوں فریقوں نے جنگ بندی پر اتفاق کیا ہے", "ur"),
        ("ar", "الطرفان اتفقا على هدنة", "ar"),
        ("de-AT", "Beide Seiten haben sich auf eine Waffenruhe geeinigt.", "de"),
        (
            "en",
            "Der Minister sagte, dass die Armee auf dem Weg zu den Häfen ist und nicht von der Küste in das Land geht.",
            "de",
        ),
        ("en", "Hamas rejects truce in Gaza", "en"),
        ("pt", "O ministro disse que a trégua não será aceita pelo governo de Lima.", "pt"),
        ("", "Beide Seiten haben sich auf eine Waffenruhe geeinigt, sagte die Ministerin.", "de"),
    ],
)
def test_a_text_outweighs_what_its_feed_says_of_its_language(declared: str, text: str, code: str) -> None:
    assert Tongues(load_lexicon().languages).of(declared, text) == code
