"""What is understood of times, recurrences and zones, what is asked about, and that nothing is misread in silence."""

import time as clock
from datetime import date, time, timedelta
from importlib.resources import files
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.times import Act, Day, Kind, Snag, Wish, read_time
from intents.times_wish import EVERY_DAY
from intents.times_words import WEEKDAYS
from intents.zones import read_zone

WORKDAYS = frozenset(range(5))
WEEKEND = frozenset({5, 6})
WEDNESDAY = date(2026, 3, 25)


def at(*clocks: str) -> tuple[time, ...]:
    return tuple(time.fromisoformat(said) for said in clocks)


TIMES = [
    ("8:30pm", "20:30"),
    ("20.15", "20:15"),
    ("0830", "08:30"),
    ("08:30", "08:30"),
    ("quarter to 7 in the morning", "06:45"),
    ("a quarter past nine at night", "21:15"),
    ("noon", "12:00"),
    ("midnight", "00:00"),
    ("12 at night", "00:00"),
    ("21h", "21:00"),
    ("7h15 in the morning", "07:15"),
    ("7.45 p.m.", "19:45"),
    ("845 pm", "20:45"),
    ("9p", "21:00"),
    ("half past six in the evening", "18:30"),
    ("half eight in the evening", "20:30"),
    ("twenty to ten pm", "21:40"),
    ("nine oh five pm", "21:05"),
    ("seven forty-five am", "07:45"),
    ("around 9ish in the evening pls", "21:00"),
    ("it's 8 in the morning", "08:00"),
    ("7 tonight", "19:00"),
    ("change it from 8am to 9am", "09:00"),
    ("9am instead of 8am", "09:00"),
    ("make it 22:10", "22:10"),
]


@pytest.mark.parametrize(("text", "said"), TIMES)
def test_one_time(text: str, said: str) -> None:
    """A time that has one reading is read as that, and is sure."""
    wish = read_time(text)
    assert wish.times == at(said)
    assert wish.sure


HALVES = [
    ("8", "08:00", "20:00"),
    ("at 8", "08:00", "20:00"),
    ("9ish", "09:00", "21:00"),
    ("half past eight", "08:30", "20:30"),
    ("quarter to seven", "06:45", "18:45"),
    ("6:15", "06:15", "18:15"),
    ("10:30", "10:30", "22:30"),
    ("12", "12:00", "00:00"),
    ("730", "07:30", "19:30"),
]


@pytest.mark.parametrize(("text", "first", "second"), HALVES)
def test_either_half_of_the_day(text: str, first: str, second: str) -> None:
    """Without am, pm, a part of the day or a leading zero both halves of the day are candidates."""
    wish = read_time(text)
    assert wish.times == at(first, second)
    assert not wish.sure


VAGUE = [
    ("evenings", "evening", "19:00"),
    ("evry mornig", "morning", "08:00"),
    ("around bedtime", "bedtime", "21:30"),
    ("just before bed", "bedtime", "21:30"),
    ("after work", "after work", "18:00"),
    ("at lunch", "lunch", "12:30"),
    ("late at night", "late night", "22:30"),
    ("when i wake up", "waking", "07:30"),
]


@pytest.mark.parametrize(("text", "part", "proposed"), VAGUE)
def test_parts_of_the_day(text: str, part: str, proposed: str) -> None:
    """A part of the day proposes a time and says that it is a proposal."""
    wish = read_time(text)
    assert (wish.vague, wish.times) == (part, at(proposed))
    assert not wish.sure


REPEATED = [
    ("remind me every weekday at half past eight to say something nice", Kind.WEEKLY, WORKDAYS, ("08:30", "20:30")),
    ("mon wed fri at 7pm", Kind.WEEKLY, {0, 2, 4}, ("19:00",)),
    ("mon-fri 07:15", Kind.WEEKLY, WORKDAYS, ("07:15",)),
    ("m/w/f 9am", Kind.WEEKLY, {0, 2, 4}, ("09:00",)),
    ("tu th 9am", Kind.WEEKLY, {1, 3}, ("09:00",)),
    ("M-F at 9am", Kind.WEEKLY, WORKDAYS, ("09:00",)),
    ("friday to monday, 22:00", Kind.WEEKLY, {4, 5, 6, 0}, ("22:00",)),
    ("weekends at 10", Kind.WEEKLY, WEEKEND, ("10:00", "22:00")),
    ("weekend mornings at nine", Kind.WEEKLY, WEEKEND, ("09:00",)),
    ("daily at 21h", Kind.DAILY, EVERY_DAY, ("21:00",)),
    ("evrey day 8 pm", Kind.DAILY, EVERY_DAY, ("20:00",)),
    ("every morning at 6", Kind.DAILY, EVERY_DAY, ("06:00",)),
    ("once a day at noon", Kind.DAILY, EVERY_DAY, ("12:00",)),
    ("once a week on wendsday, 19:00", Kind.WEEKLY, {2}, ("19:00",)),
    ("tuesdays & thursdays 6am", Kind.WEEKLY, {1, 3}, ("06:00",)),
    ("every day except sunday at 8pm", Kind.WEEKLY, {0, 1, 2, 3, 4, 5}, ("20:00",)),
    ("8pm but not on weekends", Kind.WEEKLY, WORKDAYS, ("20:00",)),
    ("every day monday to thursday 18:00", Kind.WEEKLY, {0, 1, 2, 3}, ("18:00",)),
]


@pytest.mark.parametrize(("text", "kind", "days", "times"), REPEATED)
def test_repetitions(text: str, kind: Kind, days: frozenset[int], times: tuple[str, ...]) -> None:
    """Days are read with their time, whatever the order, the spelling and the exceptions."""
    wish = read_time(text)
    assert (wish.kind, wish.days, wish.times, wish.snag) == (kind, days, at(*times), None)


UNSERVED = [
    ("every other day", Snag.INTERVAL),
    ("every other saturday at 8am", Snag.INTERVAL),
    ("every two hours", Snag.INTERVAL),
    ("each 3rd day at 9pm", Snag.INTERVAL),
    ("fortnightly", Snag.INTERVAL),
    ("hourly please", Snag.INTERVAL),
    ("the first of every month", Snag.MONTHLY),
    ("once a month at noon", Snag.MONTHLY),
    ("on the second friday of the month", Snag.MONTHLY),
    ("every year on 3 may", Snag.YEARLY),
    ("twice a day", Snag.SEVERAL),
    ("3 times a week at 8pm", Snag.SEVERAL),
    ("7am and 9pm", Snag.SEVERAL),
    ("mornings and evenings", Snag.SEVERAL),
    ("between 6 and 7pm", Snag.RANGE),
    ("4-6pm", Snag.RANGE),
    ("every day this week at 8pm", Snag.ENDS),
    ("weekdays at 8pm for two weeks", Snag.ENDS),
    ("every day at 8pm until 3 may", Snag.ENDS),
    ("every day at 8pm starting tomorrow", Snag.ENDS),
    ("every evening at 8 am", Snag.UNCLEAR),
    ("after 6pm", Snag.UNCLEAR),
    ("tuesday or thursday at 8pm", Snag.UNCLEAR),
    ("every monday at 8pm, never in july", Snag.UNCLEAR),
    ("every day at 25:00", Snag.UNCLEAR),
    ("8pm, 40 people", Snag.UNCLEAR),
    ("stop at 9pm", Snag.UNCLEAR),
    ("turn it off on sundays", Snag.UNCLEAR),
    ("in 20 minutes at 8pm", Snag.UNCLEAR),
    ("friday at midnight", Snag.UNCLEAR),
    ("today and tomorrow at 8pm", Snag.UNCLEAR),
    ("i work monday to friday so 8am on weekends", Snag.UNCLEAR),
    ("holidays at 8am", Snag.UNCLEAR),
    ("pause on sundays", Snag.UNCLEAR),
    ("monday, not monday", Snag.UNCLEAR),
    ("yesterday at 8pm", Snag.UNCLEAR),
    ("3 weeks ago", Snag.UNCLEAR),
    ("7pm blorptown time", Snag.UNCLEAR),
    ("7pm in blorptown", Snag.UNCLEAR),
    ("7pm QQT", Snag.UNCLEAR),
    ("7pm UTC+19", Snag.UNCLEAR),
]


@pytest.mark.parametrize(("text", "snag"), UNSERVED)
def test_what_no_reminder_can_do(text: str, snag: Snag) -> None:
    """What is no daily or weekly time, or has a part that is not understood, is never sure and says why."""
    wish = read_time(text)
    assert wish.snag is snag
    assert wish.understood
    assert not wish.sure


ONCE = [
    ("tomorow", Wish(kind=Kind.ONCE, ahead=1)),
    ("the day after tomorrow at 9am", Wish(kind=Kind.ONCE, ahead=2, times=at("09:00"))),
    ("in two days", Wish(kind=Kind.ONCE, ahead=2)),
    ("a week", Wish(kind=Kind.ONCE, ahead=7)),
    ("20 minutes", Wish(kind=Kind.ONCE, after=timedelta(minutes=20))),
    ("in an hour", Wish(kind=Kind.ONCE, after=timedelta(hours=1))),
    ("3h", Wish(kind=Kind.ONCE, after=timedelta(hours=3))),
    ("half an hour", Wish(kind=Kind.ONCE, after=timedelta(minutes=30))),
    ("an hour and a half", Wish(kind=Kind.ONCE, after=timedelta(minutes=90))),
    ("a couple of hours", Wish(kind=Kind.ONCE, after=timedelta(hours=2))),
    ("this evening", Wish(kind=Kind.ONCE, ahead=0, vague="evening", times=at("19:00"))),
    ("sunday", Wish(days=frozenset({6}))),
    ("this sunday", Wish(kind=Kind.ONCE, days=frozenset({6}))),
    ("next friday", Wish(kind=Kind.ONCE, days=frozenset({4}), following=True)),
    ("until 3 may", Wish(kind=Kind.ONCE, dates=(Day(3, 5),), until=True)),
    ("pause until may 3rd", Wish(kind=Kind.ONCE, dates=(Day(3, 5),), until=True, act=Act.PAUSE)),
    ("pause for a week", Wish(kind=Kind.ONCE, ahead=7, act=Act.PAUSE)),
    ("2026-05-03", Wish(kind=Kind.ONCE, dates=(Day(3, 5, 2026),))),
    ("3/5", Wish(kind=Kind.ONCE, dates=(Day(3, 5), Day(5, 3)))),
    ("on the 14th", Wish(kind=Kind.ONCE, dates=(Day(14),))),
    ("a few days", Wish(snag=Snag.UNCLEAR)),
]


@pytest.mark.parametrize(("text", "wish"), ONCE)
def test_one_off(text: str, wish: Wish) -> None:
    """Days and spans for a pause, a later and a check-in."""
    assert read_time(text) == wish


ACTS = [
    ("stop", Act.OFF, None),
    ("stop these", Act.OFF, None),
    ("please cancel my daily reminders", Act.OFF, None),
    ("turn it off", Act.OFF, None),
    ("no more messages", Act.OFF, None),
    ("don't remind me any more", Act.OFF, None),
    ("pause", Act.PAUSE, None),
    ("resume", Act.RESUME, None),
    ("start them again", Act.RESUME, None),
    ("make it later", Act.LATER, None),
    ("too early", Act.LATER, None),
    ("an hour later", Act.LATER, timedelta(hours=1)),
    ("thirty minutes earlier", Act.EARLIER, timedelta(minutes=30)),
    ("i want to end it all", Act.NONE, None),
    ("he should stop it", Act.NONE, None),
    ("he will never text me", Act.NONE, None),
    ("we start fighting again", Act.NONE, None),
    ("i need a break from him", Act.NONE, None),
    ("it's too late for us", Act.NONE, None),
]


@pytest.mark.parametrize(("text", "act", "by"), ACTS)
def test_acts(text: str, act: Act, by: timedelta | None) -> None:
    """Stopping, pausing, resuming, and moving by a span or by nobody knows how much."""
    wish = read_time(text)
    assert (wish.act, wish.by) == (act, by)
    assert wish.off is (act is Act.OFF)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "he ignores me",
        "one nice thing",
        "i love her even so",
        "nice",
        "i want to end it",
        "we stopped talking years ago",
    ],
)
def test_nothing_said(text: str) -> None:
    """What says nothing about times is an empty wish."""
    assert read_time(text) == Wish()
    assert not read_time(text).understood


ZONED = [
    ("08:30 weekdays Europe/Paris", "Europe/Paris"),
    ("7am new york time", "America/New_York"),
    ("20:00 in kolkata", "Asia/Kolkata"),
    ("every day 9pm, munich", "Europe/Berlin"),
    ("9pm JST", "Asia/Tokyo"),
    ("pacific time, 8am", "America/Los_Angeles"),
    ("8pm in london to call her", "Europe/London"),
    ("8pm jst so that i can call her", "Asia/Tokyo"),
]


@pytest.mark.parametrize(("text", "zone"), ZONED)
def test_zone_beside_a_time(text: str, zone: str) -> None:
    """A zone that is named beside the time is read with it."""
    assert read_time(text).zone == zone
    assert read_time(text).sure


@pytest.mark.parametrize("short", ["IST", "EST", "CST", "PST", "CET", "GMT", "BST", "UTC+5:30", "GMT-3"])
def test_ambiguous_zone_beside_a_time(short: str) -> None:
    """An abbreviation or offset that several zones share is asked about, and the time is kept."""
    wish = read_time(f"at 9 pm {short}")
    assert wish.times == at("21:00")
    assert (wish.zone, wish.sure) == ("", False)
    assert wish.zones == read_zone(short)
    assert len(wish.zones) > 1


ZONES = [
    ("Calcutta", "Asia/Kolkata"),
    ("calcuta", "Asia/Kolkata"),
    ("NYC", "America/New_York"),
    ("i'm in san fransisco", "America/Los_Angeles"),
    ("Köln", "Europe/Berlin"),
    ("Paris, France", "Europe/Paris"),
    ("my timezone is tokio", "Asia/Tokyo"),
    ("nepal", "Asia/Kathmandu"),
    ("india", "Asia/Kolkata"),
    ("the uk", "Europe/London"),
    ("saigon", "Asia/Ho_Chi_Minh"),
    ("us/eastern", "America/New_York"),
    ("ohio", "America/New_York"),
    ("bombay time", "Asia/Kolkata"),
    ("São Paulo", "America/Sao_Paulo"),
    ("utc", "Etc/UTC"),
    ("nice", "Europe/Paris"),
]


@pytest.mark.parametrize(("text", "zone"), ZONES)
def test_one_zone(text: str, zone: str) -> None:
    """A city, region or country of one zone is found, misspelt and in other words, too."""
    assert read_zone(text) == (zone,)


SEVERAL_ZONES = [
    ("usa", {"America/New_York", "America/Los_Angeles", "Pacific/Honolulu"}),
    ("IST", {"Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"}),
    ("georgia", {"America/New_York", "Asia/Tbilisi"}),
    ("London, Ontario", {"Europe/London", "America/Toronto"}),
    ("UTC+5:30", {"Asia/Kolkata", "Asia/Colombo"}),
    ("gmt -5", {"America/New_York", "America/Chicago", "America/Bogota"}),
    ("texas", {"America/Chicago", "America/Denver"}),
]


@pytest.mark.parametrize(("text", "zones"), SEVERAL_ZONES)
def test_several_zones(text: str, zones: set[str]) -> None:
    """What may mean several zones yields all of them."""
    assert zones <= set(read_zone(text))


@pytest.mark.parametrize("text", ["", "8pm", "MSK+2", "i feel nice", "dunno", "what do you mean", "xqzt", "UTC+19"])
def test_no_zone(text: str) -> None:
    """What names no place is no zone."""
    assert read_zone(text) == ()


def _listed() -> list[str]:
    lines = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8").splitlines()
    return [line.split("\t")[2] for line in lines if not line.startswith("#")]


@pytest.mark.parametrize("zone", sorted(available_timezones() & set(_listed())))
def test_every_zone_by_its_city(zone: str) -> None:
    """Each zone that the tz database lists is found by its city and by its name."""
    assert zone in read_zone(zone.rpartition("/")[2].replace("_", " "))
    assert read_zone(zone) == (zone,)
    assert read_time(f"08:30 {zone}").zone == zone


def test_only_known_zones() -> None:
    """Every candidate is a zone that Python knows."""
    for text in ("usa", "russia", "europe", "EST", "CST", "GMT+1", "UTC-3", "australia", "antarctica"):
        assert set(read_zone(text)) <= available_timezones()


@given(st.text(max_size=600))
def test_any_text(text: str) -> None:
    """No text whatsoever raises."""
    assert isinstance(read_time(text).on(WEDNESDAY), tuple)
    assert isinstance(read_zone(text), tuple)


PIECES = st.sampled_from(
    """8 08:30 9pm 99 0 3/5 31/2 every day days monday fri weekend until 3rd the may in minutes 999999999999999 hours
    half past to or and not later stop pause IST utc+5 Europe/Paris twice - , @ ¤ ~evening @7 #3 evening month-5
    noon""".split()  # noqa: SIM905 - a list of forty strings reads worse
)


@given(st.lists(PIECES, max_size=12))
def test_any_order_of_words(pieces: list[str]) -> None:
    """Words of times in any order do not raise, and two clock times are never sure."""
    wish = read_time(" ".join(pieces))
    assert isinstance(wish.on(WEDNESDAY), tuple)
    if {"08:30", "9pm"} <= set(pieces) and wish.act is Act.NONE:
        assert not wish.sure


@given(st.times(), st.frozensets(st.integers(0, 6), min_size=1))
def test_what_is_printed_is_read_back(chosen: time, days: frozenset[int]) -> None:
    """A time with its days as the program prints them is read as the same; only 10, 11 and 12 leave a question."""
    names = [WEEKDAYS[day].capitalize() for day in sorted(days)]
    for said in (", ".join(names), " and ".join(names), " ".join(name[:3] for name in names)):
        for text in (f"{said} {chosen:%H:%M}", f"{chosen:%H:%M} {said}", f"{said} at {chosen:%H:%M}"):
            wish = read_time(text)
            assert wish.times[0] == chosen.replace(second=0, microsecond=0)
            assert wish.days == days
            assert wish.sure or chosen.hour in {10, 11, 12}
            assert wish.snag is None


@given(st.times(), st.sampled_from(["every day", "daily", "weekdays", "weekends", "Mondays"]))
def test_printed_groups_are_read_back(chosen: time, group: str) -> None:
    """The same with a name for the days."""
    wish = read_time(f"{group} {chosen:%H:%M}")
    assert wish.times[0] == chosen.replace(second=0, microsecond=0)
    assert wish == read_time(f"{chosen:%H:%M} {group}")
    assert wish.kind in {Kind.DAILY, Kind.WEEKLY}
    assert wish.snag is None


DAYS = [
    ("today", ["2026-03-25"]),
    ("tomorrow", ["2026-03-26"]),
    ("sunday", ["2026-03-29"]),
    ("wednesday", ["2026-04-01"]),
    ("next friday", ["2026-03-27", "2026-04-03"]),
    ("3 may", ["2026-05-03"]),
    ("1 march", ["2027-03-01"]),
    ("29 february", ["2028-02-29"]),
    ("the 31st", ["2026-03-31"]),
    ("3/5", ["2026-05-03", "2027-03-05"]),
    ("31/10/1999", []),
    ("31 february", []),
    ("8pm", []),
]


@pytest.mark.parametrize(("text", "days"), DAYS)
def test_days_of_the_calendar(text: str, days: list[str]) -> None:
    """A one-off wish names its candidate days, seen from a Wednesday; a day that never comes is none."""
    assert [day.isoformat() for day in read_time(text).on(WEDNESDAY)] == days


def test_end_of_the_calendar() -> None:
    """The last day that Python knows has no tomorrow."""
    assert read_time("tomorrow").on(date.max) == ()
    assert read_time("3 may").on(date.max) == ()


def test_speed() -> None:
    """A text is read in under two milliseconds, the longest one in a few more."""
    texts = ["remind me every weekday at half past eight to say something nice", "9 pm in san fransisco", "evry mornig"]
    read_time("8"), read_zone("utc+1")
    for text in texts:
        start = clock.perf_counter()
        for _ in range(50):
            read_time(text), read_zone(text)
        assert (clock.perf_counter() - start) / 50 < 0.004
    start = clock.perf_counter()
    read_time("9 to 8 or every 5 " * 27)
    assert clock.perf_counter() - start < 0.1


def test_a_story_is_no_time() -> None:
    """A text of more than 500 characters is not about a time."""
    assert read_time("we argue at 8pm " * 40) == Wish()
