"""What an operator can set: environment variables that begin with REKINDLE_, or the same names in `.env`."""

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import click
from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "REKINDLE_"


SECRETS = ("telegram_token", "telegram_webhook_secret", "discord_token", "notes_key")


class SettingsError(Exception):
    """A setting cannot be used; the message names it and the mend."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore")

    database: Path = Path(click.get_app_dir("rekindle")) / "rekindle.sqlite"
    content: Path | None = None  # a folder with an operator's own topics and phrases
    telegram_token: SecretStr | None = None
    telegram_api_url: str = "https://api.telegram.org"
    telegram_webhook_url: str = ""  # where Telegram reaches this server; empty: ask Telegram instead
    telegram_webhook_secret: SecretStr | None = None
    notes_key: SecretStr | None = None  # seals what people keep; several, with commas, while one is being changed
    discord_token: SecretStr | None = None
    discord_api_url: str = "https://discord.com"
    operator: str = Field(default="", max_length=200)  # who runs this copy, shown by /privacy
    retention_days: int = Field(default=180, ge=30, le=3650)  # of silence, after which a person is forgotten
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=0, ge=0, le=65535)  # 0: off
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["auto", "readable", "json"] = "auto"  # auto: readable on a terminal

    @model_validator(mode="before")
    @classmethod
    def _read_secret_files(cls, values: dict[str, Any]) -> dict[str, Any]:
        """`REKINDLE_TELEGRAM_TOKEN_FILE` names a file with the token: how service managers hand over secrets."""
        for name in SECRETS:
            path = os.environ.get(f"{PREFIX}{name}_FILE".upper())
            if path and not values.get(name):
                values[name] = Path(path).read_text(encoding="utf-8", errors="replace").strip()
        return values


def load_settings() -> Settings:
    """Raises SettingsError with one sentence a fault."""
    try:
        return Settings()
    except ValidationError as error:
        faults = (f"{PREFIX}{fault['loc'][0]}".upper() + f": {fault['msg']}." for fault in error.errors())
        raise SettingsError("\n".join(faults)) from error
    except OSError as error:
        raise SettingsError(f"{error.filename}: a secret cannot be read from this file ({error.strerror}).") from error


def unknown_settings() -> list[str]:
    """A sentence for each REKINDLE_ variable that means nothing, with the nearest that does."""
    known = [f"{PREFIX}{name}".upper() for name in (*Settings.model_fields, *(f"{name}_file" for name in SECRETS))]
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    return [_sentence(name, known) for name in unknown]


def _sentence(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, 1)
    return f"{name} is no setting of Rekindle and is ignored{f'; did you mean {near[0]}?' if near else '.'}"
