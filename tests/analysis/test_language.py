import pytest

from bot.analysis.language import guess


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
