"""Lines to call, rendered from data: never a number without its country, never a guess of the country."""

from collections.abc import Iterable
from datetime import date

from bot.dialogue.view import View
from content import Helpline
from content.model import Audience, Kind

MOST_LINES = 3  # of one kind in one reply; more of them is a list that nobody reads in fear
MOST_EMERGENCY = 2

SUICIDE = ((Kind.CRISIS, Audience.EVERYONE),)
VICTIM = ((Kind.ABUSE, Audience.VICTIM),)
OWN = ((Kind.ABUSE, Audience.OWN_BEHAVIOUR),)
CHILD = ((Kind.YOUTH, Audience.YOUTH),)
BOTH = (*SUICIDE, *VICTIM)

Wanted = tuple[tuple[Kind, Audience], ...]


def card(view: View, wanted: Wanted) -> str:
    """The emergency number, the lines of the person's country and where all countries' lines stand."""
    country = view.library.helplines.countries.get(view.state.country)
    rows = [_emergency(view)]
    missing = [kind for kind, _ in wanted]
    for kind, audience in wanted:
        lines = [line for line in country.lines if (line.kind, line.audience) == (kind, audience)] if country else []
        rows += [_line(view, country.name, line) for line in lines[:MOST_LINES] if country]
        if lines:
            missing.remove(kind)
    if missing:
        rows += _directories(view, missing)
    if not country:
        rows.append(view.say("no-country"))
    return "\n".join(rows)


def reachable(view: View) -> str:
    """One line with a way to a person, for a question that comes before the whole card."""
    country = view.library.helplines.countries.get(view.state.country)
    directory = view.library.helplines.directories[0]
    if country:
        emergency = view.say("emergency-short", country=country.name, numbers=_numbers(view, country.emergency))
    else:
        emergency = view.say("emergency-word")
    return view.say("reachable", emergency=emergency, directory=directory.url)


def _emergency(view: View) -> str:
    country = view.library.helplines.countries.get(view.state.country)
    if not country:
        return view.say("emergency-unknown")
    return view.say("emergency-known", country=country.name, numbers=_numbers(view, country.emergency))


def _numbers(view: View, numbers: Iterable[str]) -> str:
    return f" {view.say('or-number')} ".join(list(numbers)[:MOST_EMERGENCY])


def _line(view: View, country: str, line: Helpline) -> str:
    return _ways(view, country, line) + _details(view, line)


def _ways(view: View, country: str, line: Helpline) -> str:
    text = line.text or ""
    if text and line.text_body:
        text = view.say("text-word", word=line.text_body, number=text)
    if line.call and text:
        return view.say("line-both", country=country, name=line.name, numbers=_numbers(view, line.numbers), text=text)
    if line.call:
        return view.say("line-call", country=country, name=line.name, numbers=_numbers(view, line.numbers))
    if text:
        return view.say("line-text", country=country, name=line.name, text=text)
    return view.say("line-page", country=country, name=line.name, page=line.url or "")


def _details(view: View, line: Helpline) -> str:
    hours = view.say("line-hours", hours=line.hours) if line.hours else ""
    whom = f" {view.say('line-for', **{'for': line.for_})}" if line.for_ else ""
    note = view.say("line-note", note=line.note) if line.note else ""
    return f"{whom}{hours}{note} {_dated(view, line.dated)}"


def _dated(view: View, dated: date | None) -> str:
    return view.say("line-dated", date=f"{dated:%Y-%m}") if dated else view.say("line-undated")


def _directories(view: View, kinds: Iterable[Kind]) -> list[str]:
    wanted = set(kinds)
    return [
        view.say("directory", name=directory.name, page=directory.url)
        for directory in view.library.helplines.directories
        if wanted & set(directory.kinds)
    ]
