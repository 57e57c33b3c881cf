"""How days and hours are said."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.dialogue.view import View


def summary(view: View, next_at: str) -> str:
    """On which days, at which hour, in which zone, and when the next one comes."""
    daily, names = view.state.daily, view.library.phrases["weekdays"].says
    known = {"0123456": "daily-every-day", "01234": "daily-weekdays", "56": "daily-weekends"}.get(daily.weekdays)
    days = view.library.phrases[known].says[0] if known else ", ".join(names[int(day)] for day in daily.weekdays)
    zone = daily.zone.replace("_", " ")
    return view.say("daily-set", days=days, time=daily.time, zone=zone, next=moment(view, next_at))


def moment(view: View, instant: str) -> str:
    """The weekday and the hour where they are."""
    local = datetime.fromisoformat(instant).astimezone(ZoneInfo(view.state.daily.zone or "UTC"))
    return f"{view.library.phrases['weekdays'].says[local.weekday()]} {local:%H:%M}"


def day_name(view: View, day: date) -> str:
    """A date as one says it."""
    names, months = (view.library.phrases[name].says for name in ("weekdays", "calendar-months"))
    return view.say("date", weekday=names[day.weekday()], day=str(day.day), month=months[day.month - 1])
