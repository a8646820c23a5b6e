"""What a service designer hears of files, checked one by one and beside the catalogue, by file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.catalogue.checking import check_files
from domain.catalogue.loader import MODELS
from tests.rules.models import INVENTED

K2 = (MODELS / "K2.1.toml").read_text("utf-8")


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """A catalogue of K2 and its frame."""
    folder = tmp_path / "models"
    folder.mkdir()
    for name in ("K2.1.toml", "Q0.1.toml"):
        (folder / name).write_text((MODELS / name).read_text("utf-8"), "utf-8")
    return folder


def second(text: str, valid_from: str) -> str:
    """The same service's next version, from a later day."""
    return text.replace("model_version = 1", "model_version = 2", 1).replace(
        "valid_from = 2022-02-01", f"valid_from = {valid_from}", 1
    )


def written(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def line(text: str, start: str) -> int:
    return next(number for number, said in enumerate(text.splitlines(), 1) if said.startswith(start))


def test_a_file_that_is_in_order_comes_back_as_its_model_with_its_frame() -> None:
    (model,), problems = check_files([INVENTED])
    assert problems == []
    assert any(rule.id.startswith("L0.") for rule in model.rules)


def test_every_file_of_the_catalogue_is_in_order() -> None:
    paths = sorted(MODELS.glob("*.toml"))
    sound, problems = check_files(paths)
    assert [str(problem) for problem in problems] == []
    assert len(sound) == len(paths)


def test_a_version_in_force_beside_that_of_the_catalogue_is_told_with_its_line(catalogue: Path, tmp_path: Path) -> None:
    text = second(K2, "2023-01-01")
    path = written(tmp_path / "K2.2.toml", text)
    sound, (problem,) = check_files([path], catalogue)
    assert sound == []
    assert str(problem) == (
        f"{path}:{line(text, 'valid_from')}: in force from 2023-01-01, while version 1 is in force still"
    )


def test_two_files_given_together_are_held_against_each_other(catalogue: Path, tmp_path: Path) -> None:
    first = written(tmp_path / "K2.1.toml", K2.replace("model_version = 1", "model_version = 1\nvalid_to = 2022-12-31"))
    later = written(tmp_path / "K2.2.toml", second(K2, "2023-01-01"))
    sound, problems = check_files([first, later], catalogue)
    assert (len(sound), problems) == (2, [])
    written(first, K2.replace("model_version = 1", "model_version = 1\nvalid_to = 2023-01-01"))
    sound, problems = check_files([first, later], catalogue)
    assert sound == []
    assert [problem.file for problem in problems] == [str(first), str(later)]
    assert problems[0].words == "K2.2.toml: in force from 2023-01-01, while version 1 is in force still"
    assert problems[0].line == line(first.read_text("utf-8"), "valid_to")


def test_a_copy_of_a_version_of_the_catalogue_takes_its_place(catalogue: Path, tmp_path: Path) -> None:
    sound, problems = check_files([written(tmp_path / "draft.toml", K2)], catalogue)
    assert (len(sound), problems) == (1, [])


def test_a_frame_that_is_not_there_is_told_with_its_line(catalogue: Path, tmp_path: Path) -> None:
    text = K2.replace('frame = ["Q0"]', 'frame = ["Z7"]', 1)
    _, (problem,) = check_files([written(tmp_path / "K2.1.toml", text)], catalogue)
    assert problem.line == line(text, "frame")
    assert problem.words == 'the frame "Z7" has no version in force on 2022-02-01'


def test_a_catalogue_with_a_faulty_file_still_judges_the_others(catalogue: Path, tmp_path: Path) -> None:
    written(catalogue / "K1.1.toml", "service = ")
    sound, problems = check_files([written(tmp_path / "K2.1.toml", K2)], catalogue)
    assert (len(sound), problems) == (1, [])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "the file cannot be read: No such file or directory"),
        (b"\xff\xfe\x00", "the file is not text in UTF-8"),
    ],
)
def test_what_is_no_readable_file_is_told_in_words(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "K2.1.toml"
    if content is not None:
        path.write_bytes(content)
    _, (problem,) = check_files([path])
    assert str(problem) == f"{path}: {words}"
