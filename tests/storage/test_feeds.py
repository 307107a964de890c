import asyncio
from dataclasses import fields, replace
from datetime import timedelta

import psycopg
import pytest

from bot.domain.feed import PAUSE_ASKED, Feed, FetchState
from bot.domain.pace import PAUSED, Said
from bot.domain.push import Offer
from bot.domain.standing import Standing
from bot.domain.subscription import Subscription
from bot.storage import upgrade
from bot.storage.engine import open_engine
from bot.storage.feeds import DUE, EARLY
from tests.storage.examples import FEED, HERE, LEASE, NOW, OTHER, THERE, subscribed

HOUR = timedelta(hours=1)


async def claim(storage, *, now=NOW, limit=10, early=None):
    return await storage.claim_feeds(now=now, limit=limit, lease=LEASE, early=early)


async def finish(storage, claimed, state):
    return await storage.write(lambda tx: tx.finish_poll(claimed, state))


async def test_a_new_feed_is_due_at_once_and_knows_nothing(storage):
    await storage.sync_feeds([FEED])
    (one,) = await claim(storage)
    assert one.feed == FEED
    assert one.state == FetchState()
    assert one.lease_until == NOW + LEASE


async def test_a_leased_feed_is_not_claimed_again_until_the_lease_lapses(storage):
    await storage.sync_feeds([FEED])
    (first,) = await claim(storage)
    assert await claim(storage, now=NOW + LEASE / 2) == []
    (second,) = await claim(storage, now=NOW + LEASE)
    assert second.fence > first.fence
    assert not await finish(storage, first, FetchState(etag="late"))
    assert await finish(storage, second, FetchState(etag="right", last_success=NOW))
    assert [h.state.etag for h in await storage.health()] == ["right"]


async def test_state_survives_exactly(storage):
    await storage.sync_feeds([FEED])
    (one,) = await claim(storage)
    state = FetchState(
        etag='W/"x"',
        last_modified="Sun, 01 Mar 2026 12:00:00 GMT",
        body_digest=b"\x00\x01",
        items=frozenset({b"8 bytes.", b"\x00" * 8}),
        failures=2,
        error="no such host",
        next_check=NOW + timedelta(minutes=5, microseconds=1),
        last_success=NOW,
        last_change=NOW,
        last_news=NOW - HOUR,
        rhythm=timedelta(minutes=7),
        said=Said(HOUR, timedelta(days=1), frozenset({0, 23}), frozenset({6}), Offer("https://hub.example/", "t")),
        pushed_until=NOW + HOUR,
        reason="its interval",
        moved_to="https://new.example/rss",
        moved_times=2,
        body_size=40_000,
        unchanged=3,
        saved=5_000_000_000,
    )
    assert await finish(storage, one, state)
    assert await claim(storage, now=NOW + timedelta(minutes=5)) == []
    (again,) = await claim(storage, now=NOW + timedelta(minutes=6))
    assert again.state == state


async def test_what_a_feed_says_survives_polls_that_read_nothing(storage):
    await storage.sync_feeds([FEED])
    (one,) = await claim(storage)
    state = FetchState(said=Said(ttl=HOUR), rhythm=HOUR, last_news=NOW, next_check=NOW, last_success=NOW)
    assert await finish(storage, one, state)
    (again,) = await claim(storage)
    assert await storage.finish_poll(again, replace(again.state, reason="the feed asks for it (ttl)"))
    (last,) = await claim(storage)
    assert last.state == replace(state, reason="the feed asks for it (ttl)")


async def test_the_feed_that_waits_longest_comes_first_and_new_ones_before_all(storage):
    feeds = [replace(FEED, url=f"https://wire.example/{i}", name=f"Feed {i}") for i in range(4)]
    await storage.sync_feeds(feeds)
    for one in await claim(storage):
        number = int(one.feed.url[-1])
        if number:
            await finish(storage, one, FetchState(next_check=NOW - timedelta(minutes=number)))
        else:
            await storage.release_feeds([one])
    assert [c.feed.name for c in await claim(storage, limit=3)] == ["Feed 0", "Feed 3", "Feed 2"]


async def test_a_round_asks_every_feed_once_but_not_one_that_waits_after_a_failure(storage):
    await storage.sync_feeds([FEED, OTHER])
    later = NOW + timedelta(hours=1)
    for one in await claim(storage):
        failures = int(one.feed == OTHER)
        await finish(storage, one, FetchState(failures=failures, next_check=later, last_success=NOW))
    soon = NOW + timedelta(minutes=1)
    (early,) = await claim(storage, now=soon, early=soon)
    assert early.feed == FEED
    await finish(storage, early, FetchState(next_check=later, last_success=soon))
    assert await claim(storage, now=soon, early=soon) == []


async def test_a_round_also_asks_a_feed_that_waits_without_ever_having_been_asked(storage):
    await storage.sync_feeds([FEED])
    (one,) = await claim(storage)
    await finish(storage, one, FetchState(next_check=NOW + HOUR, reason="its host was busy"))
    assert await claim(storage) == []
    assert [found.feed for found in await claim(storage, early=NOW)] == [FEED]


async def test_a_claim_takes_no_more_than_its_limit_from_all_that_is_due_together(storage):
    names = ["new", "late", "later", "ahead", "early"]
    await storage.sync_feeds([replace(FEED, url=f"https://wire.example/{name}", name=name) for name in names])
    checks = {"late": -2 * HOUR, "later": -HOUR, "ahead": timedelta(days=365), "early": HOUR}
    for one in await claim(storage):
        if one.feed.name in checks:
            await finish(storage, one, FetchState(next_check=NOW + checks[one.feed.name], last_success=NOW - HOUR))
        else:
            await storage.release_feeds([one])
    got = []
    while batch := await claim(storage, limit=2, early=NOW):
        got.append([one.feed.name for one in batch])
    assert got == [["new", "late"], ["later", "ahead"], ["early"]]


async def test_a_feed_both_early_and_out_of_reach_is_leased_once(storage):
    await storage.sync_feeds([FEED])
    (one,) = await claim(storage)
    await finish(storage, one, FetchState(next_check=NOW + timedelta(days=365), last_success=NOW - HOUR))
    (again,) = await claim(storage, early=NOW)
    assert again.fence == one.fence + 1


async def test_polls_saved_together_keep_what_each_has_changed_and_nothing_of_a_lost_lease(storage):
    feeds = [replace(FEED, url=f"https://wire.example/{i}", name=f"Feed {i}") for i in range(4)]
    await storage.sync_feeds(feeds)
    known = FetchState(etag='"a"', items=frozenset({b"8 bytes."}), error="was away", failures=3, last_success=NOW)
    for one in await claim(storage):
        await finish(storage, one, replace(known, next_check=NOW, reason="its interval"))
    quiet, loud, lost_quiet, lost_loud = await claim(storage)
    await storage.release_feeds([lost_quiet, lost_loud])
    later = NOW + HOUR
    for one in (lost_quiet, lost_loud):
        assert await storage.claim_feed(one.id, now=NOW, lease=LEASE) is not None
    same = {one.id: replace(one.state, next_check=later, unchanged=1) for one in (quiet, lost_quiet)}
    other = {one.id: replace(one.state, next_check=later, error=None, failures=0) for one in (loud, lost_loud)}
    polls = [quiet, loud, lost_quiet, lost_loud]
    states = same | other
    saved = await asyncio.gather(*(storage.finish_poll(one, states[one.id]) for one in polls))
    assert saved == [True, True, False, False]
    stored = {one.id: one.state for one in await claim(storage, now=later)}
    wanted = {one.id: states[one.id] if ok else one.state for one, ok in zip(polls, saved, strict=True)}
    assert stored == wanted


async def test_whatever_one_thing_a_poll_changes_that_read_nothing_is_kept(storage):
    """Quiet polls write what they change, as a rule, and the rest where it has changed: no field is in neither."""
    other = FetchState(
        etag='"b"',
        last_modified="Mon, 02 Mar 2026 12:00:00 GMT",
        body_digest=b"16 bytes or more",
        failures=1,
        error="no such host",
        next_check=NOW + HOUR,
        last_success=NOW - HOUR,
        last_change=NOW - 2 * HOUR,
        last_news=NOW - 3 * HOUR,
        reason="its interval",
        moved_to="https://other.example/rss",
        moved_times=1,
        body_size=2,
        unchanged=3,
        saved=4,
        failing_since=NOW - 4 * HOUR,
        standing=Standing.FAILING,
        pushed_until=NOW + 2 * HOUR,
    )
    await storage.sync_feeds([FEED])
    (one,) = await claim(storage)
    start = FetchState(items=frozenset({b"8 bytes."}), rhythm=HOUR, said=Said(ttl=HOUR))
    changeable = {f.name for f in fields(FetchState)} - {"items", "rhythm", "said"}
    for name in sorted(changeable):
        assert await finish(storage, one, start)
        one = await storage.claim_feed(one.id, now=NOW, lease=LEASE)
        assert one.state == start
        changed = replace(start, **{name: getattr(other, name)})
        assert changed != start, f"{name} needs a value above"
        assert await storage.finish_poll(one, changed)
        one = await storage.claim_feed(one.id, now=NOW, lease=LEASE)
        assert one.state == changed, name


async def test_sqlite_reads_due_feeds_off_an_index_and_sorts_none(tmp_path):
    """Else each claim of a round would read every feed."""
    url = f"sqlite:///{tmp_path / 'plan.db'}"
    await upgrade(url)
    engine = open_engine(url)
    with engine.begin() as connection:
        for stretch, index in [(one, "ix_feeds_due") for one in DUE] + [(one, "ix_feeds_early") for one in EARLY]:
            sql = str(stretch.compile(dialect=engine.dialect))
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", (0,) * sql.count("?"))
            plan = "; ".join(row.detail for row in rows)
            assert f"USING INDEX {index}" in plan
            assert "TEMP B-TREE" not in plan
    engine.dispose()


async def test_settings_change_by_address_and_a_retired_feed_keeps_its_memory(storage):
    await storage.sync_feeds([FEED, OTHER])
    for one in await claim(storage):
        await finish(storage, one, FetchState(etag=one.feed.name, last_success=NOW, next_check=NOW))
    await storage.sync_feeds([replace(FEED, name="Renamed", every=timedelta(minutes=9), at_most=HOUR)])
    (left,) = await claim(storage)
    assert (left.feed.name, left.feed.every, left.feed.at_most) == ("Renamed", timedelta(minutes=9), HOUR)
    assert left.state.etag == "Harbour Wire"
    await storage.sync_feeds([FEED, OTHER])
    (back,) = await claim(storage)
    assert (back.feed, back.state.etag) == (OTHER, "Radio Lindenau")


async def test_a_shorter_interval_holds_at_once_but_not_against_a_server_that_asked_for_a_pause(storage):
    slow = [replace(feed, every=timedelta(hours=6), at_most=timedelta(hours=6)) for feed in (FEED, OTHER)]
    await storage.sync_feeds(slow)
    for one in await claim(storage):
        reason = PAUSED if one.feed.name == OTHER.name else "its interval"
        await finish(storage, one, FetchState(last_success=NOW, next_check=NOW + 6 * HOUR, reason=reason))
    await storage.sync_feeds([FEED, OTHER])
    due = {h.feed.name: h.state.next_check for h in await storage.health()}
    assert due == {FEED.name: NOW + FEED.every, OTHER.name: NOW + 6 * HOUR}


async def test_a_failing_feed_that_comes_back_into_the_settings_is_asked_at_once(storage):
    await storage.sync_feeds([FEED, OTHER])
    for one in await claim(storage):
        error = f"503{PAUSE_ASKED}" if one.feed == OTHER else "404"
        state = FetchState(failures=9, error=error, last_success=NOW, next_check=NOW + 6 * HOUR)
        await finish(storage, one, state)
    await storage.sync_feeds([])
    await storage.sync_feeds([FEED, OTHER])
    (back,) = await claim(storage)
    assert (back.feed, back.state.failures) == (FEED, 9)


async def test_a_feed_whose_learnt_address_the_operator_writes_down_is_the_same_feed(storage):
    await storage.sync_feeds([FEED, OTHER])
    moved = "https://new.example/rss"
    for one in await claim(storage):
        times = 3 if one.feed == FEED else 2
        state = FetchState(etag=one.feed.name, last_success=NOW, moved_to=f"{moved}/{one.id}", moved_times=times)
        await finish(storage, one, replace(state, next_check=NOW))
    mended = [replace(f, url=f"{moved}/{i}") for i, f in enumerate((FEED, OTHER), start=1)]
    await storage.sync_feeds(mended)
    found = {h.feed: (h.state.etag, h.state.moved_to) for h in await storage.health()}
    assert found == {mended[0]: (FEED.name, None), mended[1]: (None, None)}, "two redirects may be a slip"


async def test_a_feed_does_not_take_the_learnt_address_of_another(storage):
    new = replace(FEED, name="New", url="https://new.example/rss")
    await storage.sync_feeds([FEED, new])
    for one in await claim(storage):
        moved_to, times = (new.url, 3) if one.feed == FEED else (None, 0)
        await finish(storage, one, FetchState(etag=one.feed.name, moved_to=moved_to, moved_times=times))
    await storage.sync_feeds([new])
    assert {h.feed: h.state.etag for h in await storage.health()} == {new: "New"}
    await storage.sync_feeds([FEED, new])
    assert {h.feed: h.state.etag for h in await storage.health()} == {FEED: FEED.name, new: "New"}


async def test_a_retired_feed_that_comes_back_into_the_settings_counts_as_failing(storage):
    await storage.sync_feeds([FEED])
    (one,) = await claim(storage)
    await finish(storage, one, FetchState(failures=9, standing=Standing.RETIRED, last_success=NOW, next_check=NOW))
    await storage.sync_feeds([])
    await storage.sync_feeds([FEED])
    (back,) = await claim(storage)
    assert (back.state.standing, back.state.failures, back.state.last_success) == (Standing.FAILING, 1, NOW)


async def test_feeds_and_channels_change_together_and_without_a_word(storage, caplog):
    await storage.sync_settings([FEED, OTHER], subscribed(HERE, THERE))
    await storage.sync_settings([OTHER], subscribed(THERE))
    assert [h.feed for h in await storage.health()] == [OTHER]
    assert await storage.write(lambda tx: tx.subscriptions()) == tuple(subscribed(THERE))
    assert caplog.text == ""


async def test_many_workers_never_hold_one_feed_twice(storage):
    await storage.sync_feeds([Feed(f"F{i}", f"https://wire.example/{i}", "P") for i in range(60)])

    async def worker():
        mine = []
        while got := await claim(storage, limit=5):
            mine += [c.id for c in got]
        return mine

    held = [i for mine in await asyncio.gather(*(worker() for _ in range(6))) for i in mine]
    assert len(held) == 60
    assert len(set(held)) == 60


async def test_at_a_start_failing_feeds_are_due_but_for_those_that_asked_for_a_pause(storage):
    states = {
        "fine": FetchState(next_check=NOW + HOUR, last_success=NOW),
        "failing": FetchState(next_check=NOW + HOUR, failures=3, error="no such host"),
        "limited": FetchState(next_check=NOW + HOUR, failures=1, error=f"the server answered 429{PAUSE_ASKED}"),
    }
    await storage.sync_feeds([replace(FEED, url=f"https://wire.example/{n}", name=n) for n in states])
    for one in await claim(storage):
        await finish(storage, one, states[one.feed.name])
    await storage.retry_failing(now=NOW)
    assert [c.feed.name for c in await claim(storage)] == ["failing"]


async def test_released_and_reclaimed_leases_are_free_at_once(storage):
    await storage.sync_feeds([FEED])
    await storage.release_feeds(await claim(storage))
    assert len(await claim(storage)) == 1
    await storage.reclaim(now=NOW)
    assert len(await claim(storage)) == 1


@pytest.mark.parametrize(
    ("every", "ahead", "due"),
    [
        (timedelta(minutes=5), timedelta(days=1, hours=2), False),
        (timedelta(minutes=5), timedelta(days=1, hours=3), True),
        (timedelta(days=3), timedelta(days=3, hours=7), False),
        (timedelta(days=3), timedelta(days=3, hours=8), True),
        (timedelta(minutes=5), timedelta(days=365), True),
    ],
)
async def test_a_check_later_than_any_clock_of_ours_would_put_it_is_due(storage, every, ahead, due):
    await storage.sync_feeds([replace(FEED, every=every)])
    (one,) = await claim(storage)
    await finish(storage, one, FetchState(next_check=NOW + ahead))
    assert len(await claim(storage)) == due


async def test_a_lease_taken_while_the_clock_was_ahead_holds_nobody_up(storage):
    await storage.sync_feeds([FEED])
    (first,) = await claim(storage, now=NOW + timedelta(days=365))
    (second,) = await claim(storage)
    assert second.fence > first.fence
    assert await claim(storage) == []


async def test_fixed_subscriptions_follow_the_settings(storage):
    picky = Subscription(HERE, frozenset({"territory"}), frozenset({"gaza"}), timedelta(hours=3))
    await storage.sync_subscriptions([picky, *subscribed(THERE)])
    assert await storage.write(lambda tx: tx.subscriptions()) == (picky, Subscription(THERE))
    await storage.sync_subscriptions(subscribed(THERE))
    assert await storage.write(lambda tx: tx.subscriptions()) == (Subscription(THERE),)


async def test_what_the_settings_no_longer_name_is_dropped_with_a_warning_by_name(storage, caplog):
    await storage.sync_feeds([FEED, OTHER])
    await storage.sync_subscriptions(subscribed(HERE, THERE))
    assert caplog.text == ""
    for _ in range(2):
        await storage.sync_feeds([OTHER])
        await storage.sync_subscriptions(subscribed(HERE))
    assert [r.getMessage() for r in caplog.records if r.levelname == "WARNING"] == [
        "feeds that are no longer in feeds.toml are dropped: Harbour Wire",
        "channels that are no longer in feeds.toml are dropped: slack C1",
    ]


async def test_an_exception_inside_a_transaction_keeps_nothing(storage):
    await storage.sync_feeds([FEED])
    (one,) = await claim(storage)

    def halfway(tx):
        tx.finish_poll(one, FetchState(etag="half"))
        raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"):
        await storage.write(halfway)
    assert [h.state.etag for h in await storage.health()] == [None]


# --- two workers on PostgreSQL ---------------------------------------------------------------------


@pytest.fixture
def other_worker(url):
    """A connection of its own, as another process would have, its transaction left open."""
    with psycopg.connect(url) as connection:
        yield connection
        connection.rollback()


async def until_it_waits(other_worker):
    """Until somebody waits for a lock of this transaction."""
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    async with asyncio.timeout(30):
        while not other_worker.execute(waiting).fetchone()[0]:  # noqa: ASYNC110  # the server tells nobody
            await asyncio.sleep(0.01)


def lock(connection, claimed):
    connection.execute("UPDATE feeds SET etag = etag WHERE id = %s", [claimed.id])


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("how", ["finish", "release"])
async def test_who_writes_many_feeds_takes_them_in_one_order_so_that_no_two_wait_for_each_other(
    storage, other_worker, how
):
    await storage.sync_feeds([replace(FEED, url=f"https://wire.example/{n}") for n in range(2)])
    first, second = sorted(await claim(storage), key=lambda c: c.id)
    lock(other_worker, first)
    if how == "finish":
        work = asyncio.gather(*(storage.finish_poll(c, FetchState(etag="new")) for c in (second, first)))
    else:
        work = asyncio.gather(storage.release_feeds([second, first]))
    await until_it_waits(other_worker)
    other_worker.execute("SET lock_timeout = '5s'")
    lock(other_worker, second)
    other_worker.commit()
    await work
    assert len(await claim(storage)) == 2, "both leases were given back"


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_settings_are_followed_in_the_same_order(storage, other_worker):
    before = [replace(FEED, url=f"https://wire.example/{n}") for n in range(3)]
    await storage.sync_feeds(before)
    _, dropped, last = sorted(await claim(storage), key=lambda c: c.id)
    lock(other_worker, dropped)
    # What changes alike is written together: the first and the last.
    work = asyncio.create_task(storage.sync_feeds([replace(feed, language="fr") for feed in before[::2]]))
    await until_it_waits(other_worker)
    other_worker.execute("SET lock_timeout = '5s'")
    lock(other_worker, last)
    other_worker.commit()
    await work
    assert [h.feed.language for h in await storage.health()] == ["fr", "fr"]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_retrying_waits_for_no_feed_that_another_worker_is_writing(storage, other_worker):
    await storage.sync_feeds([replace(FEED, url=f"https://wire.example/{n}") for n in range(2)])
    claimed = await claim(storage)
    for one in claimed:
        await finish(storage, one, FetchState(failures=3, next_check=NOW + HOUR))
    lock(other_worker, claimed[0])
    async with asyncio.timeout(30):
        await storage.retry_failing(now=NOW)
    other_worker.rollback()
    assert [c.id for c in await claim(storage)] == [claimed[1].id]
