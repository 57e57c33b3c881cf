"""The command line."""

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.settings import Settings, SettingsError, load_settings, unknown_settings
from content.errors import ContentError
from intents.errors import PhrasesError
from storage.errors import StorageError

# What a command needs beyond this is imported by it alone: start-up is felt on every call.

if TYPE_CHECKING:
    from storage import Store

HANDOVER = 45  # seconds; a process that is told to stop has finished by then

MENDABLE = (ContentError, PhrasesError, SettingsError, StorageError)


class Rekindle(click.Group):
    """Turns a fault that an operator can mend into its sentence and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MENDABLE as fault:
            click.echo(str(fault), err=True)
            sys.exit(1)


@click.group(cls=Rekindle, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="rekindle", prog_name="rekindle")
@click.pass_context
def main(ctx: click.Context) -> None:
    """A private, self-hosted chatbot for people whose relationship is struggling."""
    for sentence in unknown_settings():
        click.echo(sentence, err=True)
    ctx.obj = load_settings()


@main.command(epilog="Example: rekindle chat")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line in, exactly one a line out.")
@click.option("--start", default="", metavar="PAYLOAD", help="Begin with this button, such as do:apology.")
@click.pass_obj
def chat(settings: Settings, *, as_json: bool, start: str) -> None:
    """Talk in the terminal. A number presses a button; Ctrl-D leaves."""
    from bot.platforms import console, jsonlines
    from bot.schedule import deliverer
    from bot.start import open_dialogue
    from storage.file import alone

    if as_json and start:
        raise click.UsageError('--start is for the terminal; with --json send {"press": "do:apology"}.')
    with alone(settings.database, shared=True):
        dialogue = open_dialogue(settings)
        if as_json:
            jsonlines.chat(dialogue, deliverer(dialogue))
        else:
            console.chat(dialogue, deliverer(dialogue), start)


@main.command(epilog="Example: REKINDLE_TELEGRAM_TOKEN=... rekindle run")
@click.pass_obj
def run(settings: Settings) -> None:
    """Serve every platform whose token is set, until stopped.

    One that still runs on the same database is waited for, so that the next can be started before it has ended.
    """
    from bot.run import serve
    from storage.file import alone

    with alone(settings.database, wait=HANDOVER):
        asyncio.run(serve(settings))


@main.command(epilog='Example: rekindle understand "he never listens"')
@click.argument("text", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help='Lines of {"id", "text"} in, one reading a line out.')
def understand(text: tuple[str, ...], *, as_json: bool) -> None:
    """Show what is made of a text."""
    from intents.reader import Reader

    reader = Reader.load()
    if not as_json:
        reading = reader.read(" ".join(text) or sys.stdin.read())
        click.echo(f"{reading.kind}{f', safety {reading.safety.name.lower()}' if reading.safety else ''}")
        for label in reading.all_labels[:5]:
            click.echo(f"  {label.confidence:4.2f}  {label.id}{f' ({label.angle})' if label.angle else ''}")
        return
    for line in sys.stdin.buffer:
        click.echo(json.dumps(_understood(reader, line)))
        sys.stdout.flush()


def _understood(reader: Any, line: bytes) -> dict[str, Any]:
    try:
        data = json.loads(line)
        reading = reader.read(data["text"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return {"error": f'a line is a JSON object with "id" and "text" ({error})'}
    return {
        "id": data.get("id"),
        "kind": reading.kind.value,
        "safety": reading.safety.name.lower() if reading.safety else None,
        "labels": [{"id": label.id, "confidence": round(label.confidence, 4)} for label in reading.all_labels],
    }


@main.command(epilog="Example: rekindle evaluate messages.jsonl")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--plot", type=click.Path(path_type=Path), help="Draw what was taken for what, as a PNG.")
@click.option("--floor", type=float, default=0.0, help="Exit code 1 where fewer first choices are right.")
def evaluate(files: tuple[Path, ...], *, plot: Path | None, floor: float) -> None:
    """Measure how well labelled messages are understood."""
    from intents.measure import evaluate as measure
    from intents.measure import load_messages
    from intents.reader import Reader

    report = measure(Reader.load(), load_messages(files))
    click.echo(report.table())
    if plot:
        from intents.confusion import draw

        draw(report.pairs, plot)
    if report.first_choice < floor:
        click.echo(f"{report.first_choice:.1%} of the first choices are right, fewer than {floor:.1%}.", err=True)
        sys.exit(1)


@main.command(epilog="Example: rekindle check --paths apology")
@click.option("--paths", metavar="EXERCISE", help="Draw the ways through this exercise, or through `all`.")
@click.pass_obj
def check(settings: Settings, *, paths: str | None) -> None:
    """Look for faults in content, phrases, settings and the database; exit code 1 when there is one."""
    from bot.check import draw_paths, find_faults, find_warnings

    if paths:
        click.echo(draw_paths(settings, paths))

    for warning in find_warnings(settings, datetime.now(UTC).date()):
        click.echo(f"warning: {warning}")
    faults = list(find_faults(settings))
    for fault in faults:
        click.echo(fault)
    if faults:
        sys.exit(1)
    click.echo("Content, phrases, settings and database are in order.")


@main.command(epilog="Example: rekindle export telegram:123 > them.json")
@click.argument("person")
@click.pass_obj
def export(settings: Settings, person: str) -> None:
    """Print all that is kept about a person, as JSON."""
    from bot.start import open_seal

    async def work() -> dict[str, list[dict[str, Any]]]:
        async with _store(settings) as store:
            return await store.export(person)

    tables = open_seal(settings).open_rows(asyncio.run(work()))
    if not any(tables.values()):
        click.echo(_nobody(person), err=True)
        sys.exit(1)
    click.echo(json.dumps(tables, indent=2, ensure_ascii=False))


@main.command(epilog="Example: rekindle forget telegram:123")
@click.argument("person")
@click.pass_obj
def forget(settings: Settings, person: str) -> None:
    """Erase all that is kept about a person, at once and for good."""

    async def work() -> tuple[bool, bool]:
        async with _store(settings) as store:
            known = await store.erase(person)
        return known, store.log_is_clean

    known, clean = asyncio.run(work())
    if not known:
        click.echo(_nobody(person), err=True)
    if not clean:
        click.echo(
            "Another process, such as a backup, is reading the database, so that its log may still hold what was "
            "erased. Run this again when that has ended: it empties the log.",
            err=True,
        )
    if not (known and clean):
        sys.exit(1)
    click.echo(f"Nothing about {person} is left in the database or its log.")


@main.command(epilog="Example: rekindle backup /backups/rekindle-2026-11-28.sqlite")
@click.argument("path", type=click.Path(path_type=Path))
@click.pass_obj
def backup(settings: Settings, path: Path) -> None:
    """Copy the database to a new file, also while the bot runs.

    The copy keeps what people erase afterwards, so keep it no longer than it is needed. Kept sentences in it stay
    sealed: without REKINDLE_NOTES_KEY, which is not in it, they are lost.
    """
    from storage.backup import back_up

    people = back_up(settings.database, path)
    click.echo(f"{path}: a copy of the database with {people} people, opened and found sound.")


@main.command(epilog="Example: rekindle restore /backups/rekindle-2026-11-28.sqlite")
@click.argument("path", type=click.Path(path_type=Path))
@click.pass_obj
def restore(settings: Settings, path: Path) -> None:
    """Put a copy in the place of the database, which is kept beside it for a week. The bot has to be stopped."""
    from storage.backup import restore as put_back

    done = put_back(settings.database, path, datetime.now(UTC))
    click.echo(f"{settings.database}: restored, with {done.people} people.")
    if done.aside:
        click.echo(f"What was there before is kept as {done.aside} for seven days.")
    if done.gone_before:
        click.echo(
            f"{len(done.gone_before)} of the people were no longer in the database: they may have asked to be "
            "forgotten. Erase each who did:"
        )
        for person in done.gone_before:
            click.echo(f"  rekindle forget {person}")


def _store(settings: Settings) -> "Store":
    from storage import Store

    return Store(settings.database)


def _nobody(person: str) -> str:
    return f"Nothing is kept about {person}. People are named by platform and number, as in telegram:123."


if __name__ == "__main__":
    main(prog_name="rekindle")
