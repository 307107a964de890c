from bot.domain.statement import Stance
from bot.domain.story import Said
from bot.domain.subscription import Channel, Platform, Subscription

HERE = Channel(Platform.CONSOLE, "terminal")


def said(topic: str = "ceasefire", conflicts: tuple[str, ...] = ("ukraine",)) -> Said:
    return Said("A", "A", topic, Stance.AGREE, (), "A agreed.", None, 0.9, 1, "Outlet", conflicts)


def test_no_conflicts_named_means_every_conflict():
    assert Subscription(HERE).wanted(said(conflicts=()))
    assert Subscription(HERE).wanted(said(conflicts=("gaza",)))


def test_topics_off_by_default_stay_off():
    assert not Subscription(HERE).wanted(said(topic="control"))
    assert Subscription(HERE, topics=frozenset({"control"})).wanted(said(topic="control"))


def test_one_conflict_in_common_is_enough():
    only_gaza = Subscription(HERE, conflicts=frozenset({"gaza"}))
    assert only_gaza.wanted(said(conflicts=("ukraine", "gaza")))
    assert not only_gaza.wanted(said(conflicts=("ukraine",)))
    assert not only_gaza.wanted(said(conflicts=()))
