"""A disk of a given size, to be filled: a file system in memory, where one may be mounted."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

MOUNT, UMOUNT = (shutil.which(name) or name for name in ("mount", "umount"))


@dataclass(frozen=True)
class Disk:
    """Full, it says ENOSPC as any other does."""

    folder: Path

    @property
    def ballast(self) -> Path:
        return self.folder / "ballast"

    def fill(self) -> None:
        """To the last byte, asking more than once: each core keeps an account of its own."""
        for _ in range(20):
            with suppress(OSError), self.ballast.open("ab", buffering=0) as file:
                while True:
                    file.write(b"x" * 4096)

    def clear(self) -> None:
        """There is room again."""
        self.ballast.unlink()

    def remount(self, how: str) -> None:
        """`ro` or `rw`."""
        subprocess.run([MOUNT, "-o", f"remount,{how}", str(self.folder)], check=True, capture_output=True)


@contextmanager
def small_disk(folder: Path, size: str = "2m") -> Iterator[Disk]:
    """Raises OSError where nothing may be mounted."""
    folder.mkdir()
    try:
        subprocess.run(
            [MOUNT, "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True, capture_output=True
        )
    except subprocess.CalledProcessError as error:
        raise OSError(error.stderr.decode().strip()) from error
    try:
        yield Disk(folder)
    finally:
        subprocess.run([UMOUNT, "--lazy", str(folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Two megabytes."""
    try:
        with small_disk(tmp_path / "disk") as made:
            yield made
    except OSError as error:
        pytest.skip(f"a disk of a given size cannot be mounted here: {error}")
