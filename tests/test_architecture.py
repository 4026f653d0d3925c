"""Rules for the whole tree: rooms, generated pages, and nothing of one machine in a committed file."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_schemas.markdown import WIDEST
from tests.sizes import PRODUCT, sizes, too_long

ROOT = Path(__file__).parents[1]
TEXTS = {tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}


def tracked() -> list[Path]:
    """Files under version control."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("no git checkout here: the files of the tree cannot be listed")
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


@pytest.mark.parametrize("module", ["data_schemas.dictionary", "pipeline.features.dictionary", "tests.spec.reference"])
def test_generated_pages_are_current(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rooms_import_one_way_only() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports"))], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_functions_and_modules_are_short() -> None:
    functions, files = sizes(PRODUCT)
    assert too_long(functions, files) == []
    assert too_long([(41, "a.py: f")], [(250, "b.py"), (251, "c.py")]) == [
        "a.py: f: 41 lines, at most 40",
        "c.py: 251 lines, at most 250",
    ]


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-hashes.lock"])
def test_the_lock_names_no_host(lock: str) -> None:
    assert not re.search(r"https?://|--index-url|--find-links|file:", (ROOT / lock).read_text())


def test_both_locks_pin_the_same_and_one_has_a_hash_for_each() -> None:
    pin = re.compile(r"^[\w.-]+==[^ \\\n]+", re.MULTILINE)
    plain, hashed = (ROOT / name for name in ("requirements.lock", "requirements-hashes.lock"))
    assert sorted(pin.findall(plain.read_text())) == sorted(pin.findall(hashed.read_text()))
    packages = re.split(r"\n(?=\w)", hashed.read_text().strip())
    assert [each.split("==")[0] for each in packages if "--hash=sha256:" not in each] == []


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    locked = {re.split(r"[=\[; ]", line)[0].lower() for line in (ROOT / "requirements.lock").read_text().splitlines()}
    named = {re.split(r"[<>=\[; ]", dependency)[0].lower() for dependency in project["dependencies"]}
    assert named <= locked


def test_text_files_name_their_encoding_for_windows_has_another() -> None:
    rooms = ("data_schemas", "pipeline", "models", "flows", "neighbourly")
    unnamed = re.compile(r"\.read_text\(\)|\.write_text\((?:(?!encoding=)[^()]|\((?:(?!encoding=)[^()])*\))*\)")
    modules = [path for room in rooms for path in (ROOT / room).rglob("*.py")]
    assert [path.name for path in modules if unnamed.search(path.read_text(encoding="utf-8"))] == []


def test_no_folder_name_is_taken_for_a_pattern() -> None:
    """Polars reads `[a]` and `?` in a path as a pattern; `data_schemas.disk` does not."""
    rooms = ("data_schemas", "pipeline", "models", "flows", "neighbourly")
    globbing = re.compile(r"\bpl\.(read|scan)_(parquet|csv)\((?!io\.)")
    modules = [path for room in rooms for path in (ROOT / room).rglob("*.py")]
    assert [path.name for path in modules if globbing.search(path.read_text(encoding="utf-8"))] == []


NOT_ENGLISH = re.compile(
    r"\b(foresee\w*|foresaw|taught|mend(?:s|ed)?|anew|afresh|parted|besides?|likewise|learnt|lies)\b"
    r"|(?<!next )\bdoor\b|\bgives? away\b|\bfor want of\b|\b(?:is|are|was|were) said\b|\bgoes on\b|\bbut for\b"
    r"|\b(?:came|comes|become|becomes|became) of\b(?! age)|\bstands\b(?! out| for)"
    r"|(?<!not have been )(?<!unless )\btold\b(?! apart| to Parliament| otherwise)"
    r"|(?<!here )\b(?:is|are|was|were) no (?!longer|one|more|fewer|better|worse)"
    r"|\b(?:is|are) none of\b",
    re.IGNORECASE,
)
"""Words that everyday English does not use here: write predicts, trained, fixed, again, split, next to, reported, is,
continues, except and "is not a"."""


WORD_FOR_WORD = {"contract.md"}
"""Pages whose agreed wording must not change."""


def prose(path: Path) -> Iterator[str]:
    """What people read in a file: all of a page; in code, texts of several words (without their placeholders) and
    comments.
    """
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield re.sub(r"`[^`]*`|\s+", lambda found: "" if found[0][0] == "`" else " ", text)
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT or (token.type in TEXTS and " " in token.string):
            yield " ".join(re.sub(r"\{[^{}]*\}|`[^`]*`", "", token.string).split())


def is_prose(line: str) -> bool:
    """Whether a line of a page may be wrapped. Tables, headings, pictures and one long word may not."""
    return not line.lstrip().startswith(("|", "#", "<", "![")) and " " in line.strip().lstrip("-*> ")


def test_lines_of_prose_are_short() -> None:
    """This is for pages. Ruff checks docstrings and comments (`max-doc-length`)."""
    long = []
    for path in tracked():
        if path.suffix != ".md" or path.name in WORD_FOR_WORD or "templates" in path.parts:
            continue
        outside = re.sub(r"^ *```.*?^ *```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        long += [f"{path.name}: {line}" for line in outside.splitlines() if len(line) > WIDEST and is_prose(line)]
    assert long == []


def test_sentences_are_everyday_english() -> None:
    rooms = ("data_schemas/", "pipeline/", "models/", "flows/", "neighbourly/", "docs/")
    names = [path.relative_to(ROOT).as_posix() for path in tracked()]
    read = [
        name
        for name in names
        if name.startswith(rooms) or (name.endswith(".md") and "/" not in name and name != "CHANGELOG.md")
    ]
    kinds = (".py", ".md", ".html", ".toml")
    read = [name for name in read if name.endswith(kinds) and not name.endswith(tuple(WORD_FOR_WORD))]
    found = {
        f"{name}: {match[0]}" for name in read for line in prose(ROOT / name) for match in NOT_ENGLISH.finditer(line)
    }
    assert sorted(found) == []


WRITTEN = {".py", ".md", ".toml", ".yaml", ".lock", ".html", ".js", ".csv", ""}


def test_no_committed_file_names_a_path_of_one_machine() -> None:
    places = re.compile(r"/(?:work|root|home/[a-z]+|tmp/bash_jobs)/")
    texts = [p for p in tracked() if p.suffix in WRITTEN and p != Path(__file__)]
    assert [p.name for p in texts if places.search(p.read_text(errors="ignore"))] == []
