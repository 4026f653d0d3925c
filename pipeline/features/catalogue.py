"""Collects and checks all features of a site: from built-in modules, the site's own modules, and every code list."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from graphlib import CycleError
from pathlib import Path
from types import ModuleType

import polars as pl

from data_schemas.codelists import load_codelists, units
from data_schemas.disk import sha256
from data_schemas.errors import ConfigurationError
from data_schemas.receipts import Feature
from pipeline.concepts import COUNCIL, Concepts
from pipeline.features.declare import Declaration, Remarks, count, days_since_last, ever, latest, years
from pipeline.features.named import FeatureSet, NamedFeature
from pipeline.features.problems import looking_at_others, repeated, unknown_concepts, unknown_parts
from pipeline.features.subjects import unknown_subjects
from pipeline.features.wording import worded
from pipeline.settings import Settings, sections

BUILT_IN = tuple(f"pipeline.features.{name}" for name in sections.BUILT_IN)
USED_BY_NAME = (
    "age", "female", "emergency_admissions_1y", "emergency_admissions_2y", "emergency_admissions_5y", "emergency_bed_days_1y",
    "days_since_emergency_admission", "ae_attendances_1y", "lives_alone", "is_carer", "recorded_lonely", "long_term_conditions",
    "imd_decile", "in_care_home",
)  # fmt: skip
"""Features that baselines, subgroups and segments use by name. They are always there
(docs/explanation/architecture.md)."""


def features_of(settings: Settings) -> FeatureSet:
    """The features of a site, from its settings. Their meanings look back no further than the site does."""
    declared, folder = settings.features, settings.folder
    built_in = [f"pipeline.features.{name}" for name in declared.builtin]
    modules, lists = tuple(dict.fromkeys([*built_in, *declared.modules])), tuple(declared.codelists)
    content = tuple(sha256(path) for path in lists if path.exists())
    has_own = any(_own(name, folder).exists() for name in modules)  # which may read further files, so they run again
    made = _features_of.__wrapped__ if has_own else _features_of
    return made(lists, modules, folder, settings.run.history_days, content)


@lru_cache(maxsize=2)
def _features_of(
    lists: tuple[Path, ...], modules: tuple[str, ...], folder: Path, history_days: int, _content: tuple[str, ...]
) -> FeatureSet:
    """The features of these modules and code lists; `_content` makes a changed list be read again."""
    features = load_features(load_codelists(lists), modules, folder, always=USED_BY_NAME)
    return replace(features, features=tuple(_in_sight(named, history_days) for named in features.features))


def _in_sight(named: NamedFeature, history_days: int) -> NamedFeature:
    """Limit the words of a feature to how far back the site looks."""
    declared = named.declared
    seen = worded(declared.statistic, declared.means, declared.over, declared.remarks or {}, history_days)
    return replace(named, feature=replace(named.feature, **asdict(seen)))


def load_features(
    codelists: pl.DataFrame,
    modules: Sequence[str] | None = None,
    folder: Path | None = None,
    always: Sequence[str] = (),
) -> FeatureSet:
    """Load the features of `modules` (None: all built-in ones) and of every concept in `codelists`.

    Built-in modules that are not named still add the features in `always` and those that a score needs. A module that
    is a file in `folder` is read from there. Raises ConfigurationError with all problems together.
    """
    problems: list[str] = []
    read: dict[str, list[NamedFeature]] = {}
    for name in BUILT_IN if modules is None else modules:
        try:
            read[name] = _named(_module(name, folder))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a site's module may fail in any way; it is reported with the other problems
            problems.append(f"features.modules: {name} cannot be used: {_why(error)}")
    named = [feature for found in read.values() for feature in found]
    named += _brought_along(named, always)
    council = {c for n in named for c in n.declared.concepts if c.startswith(COUNCIL)}
    concepts = Concepts(codelists, council)
    features = (*named, *_automatic(concepts, named))
    problems += [*unknown_concepts(features, concepts), *repeated(features), *unknown_parts(features)]
    problems += looking_at_others([f for name, found in read.items() if name not in BUILT_IN for f in found], features)
    problems += unknown_subjects([named.feature for named in features])
    if problems:
        raise ConfigurationError(problems)
    feature_set = FeatureSet(features, concepts)
    try:
        _ = feature_set.scores
    except CycleError as error:
        raise ConfigurationError(f"scores are worked out from each other: {' → '.join(error.args[1])}") from None
    return feature_set


_CALLED_WRONGLY = re.compile(r"[\w.]+\(\) (missing|got an unexpected|takes) ")
"""How Python reports that a declaration lacks an argument or has one too many."""


def _why(error: BaseException) -> str:
    """What is wrong with a module: our message if a declaration is wrong. For other errors only the kind and line,
    because the text may quote a record.
    """
    last = traceback.extract_tb(error.__traceback__)[-1]
    is_ours = Path(last.filename).is_relative_to(Path(__file__).parent) or isinstance(error, ImportError | SyntaxError)
    if is_ours or (isinstance(error, TypeError) and _CALLED_WRONGLY.match(str(error))):
        return f"{type(error).__name__}: {error}"
    return f"{type(error).__name__} in line {last.lineno} of {Path(last.filename).name}"


def _brought_along(named: Sequence[NamedFeature], always: Sequence[str]) -> list[NamedFeature]:
    """Built-in features that are not in `named` but are needed by name."""
    built_in = {n.name: n for module in BUILT_IN for n in _named(importlib.import_module(module))}
    there = {n.name for n in named}
    needed: dict[str, NamedFeature] = {}
    wanted = [*always, *(part for n in named for part in n.needs)]
    while wanted:
        name = wanted.pop(0)
        if name in built_in and name not in there and name not in needed:
            needed[name] = built_in[name]
            wanted += built_in[name].needs
    return list(needed.values())


def _own(name: str, folder: Path) -> Path:
    """Where a site keeps a module of its own."""
    return folder / f"{name.replace('.', '/')}.py"


def _module(name: str, folder: Path | None) -> ModuleType:
    """Load the module from `folder` again, or import an installed one."""
    path = _own(name, folder) if folder else None
    if path is None or not path.exists():
        return importlib.import_module(name)
    spec = importlib.util.spec_from_file_location(f"site_features.{name}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path.name} is not a Python module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _named(module: ModuleType) -> list[NamedFeature]:
    """The declarations that a module assigns to its own names, in order."""
    family = getattr(module, "FAMILY", "site")
    assigned = _assigned(module)
    declarations = {
        name: value for name, value in vars(module).items() if isinstance(value, Declaration) and name in assigned
    }
    twice = [name for name in declarations if assigned.count(name) > 1]
    if twice:
        raise ValueError(f"{', '.join(twice)}: assigned more than once; give each feature its own name")
    return [NamedFeature(_feature(name, value, family), value) for name, value in declarations.items()]


def _assigned(module: ModuleType) -> list[str]:
    statements = ast.parse(Path(module.__file__ or "").read_text(encoding="utf-8")).body
    targets = [target for s in statements if isinstance(s, ast.Assign) for target in s.targets]
    targets += [s.target for s in statements if isinstance(s, ast.AnnAssign)]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _feature(name: str, declared: Declaration, family: str) -> Feature:
    remarks: Remarks = {"family": family, **(declared.remarks or {})}
    words = worded(declared.statistic, declared.means, declared.over, remarks)
    return Feature(
        name=name,
        statistic=declared.statistic,
        concept=" or ".join(declared.concepts),
        window_days=declared.over,
        missing=declared.missing,
        **{**remarks, **asdict(words)},
    )


def slug(concept: str) -> str:
    """The concept in a form that fits into a feature's name."""
    return re.sub(r"\W+", "_", concept).strip("_").lower()


def _automatic(concepts: Concepts, declared: Sequence[NamedFeature]) -> Iterator[NamedFeature]:
    """Automatic features of every code-list concept, except those that a module declares and no score needs under this
    name.
    """
    taken = {(d.concepts, d.statistic, d.over) for d in (named.declared for named in declared)}
    needed = {part for named in declared for part in named.needs}
    for concept, means in concepts.listed.items():
        if concept.startswith(PREVENTION) and concept not in concepts.site:
            continue
        for suffix, declaration in _automatic_of(concept, means, concepts).items():
            name = f"{slug(concept)}_{suffix}"
            if name in needed or (declaration.concepts, declaration.statistic, declaration.over) not in taken:
                yield NamedFeature(_feature(name, declaration, _family(concept)), declaration)


ABSENT = frozenset({"lifestyle.never_smoked", "social.no_carer", "lifestyle.smoker"})
"""Concepts of built-in lists that record an absence or something that has ended: an ex-smoker is not a smoker (see
`smokes_now`).
"""


def _automatic_of(concept: str, term: str, concepts: Concepts) -> Mapping[str, Declaration]:
    """Four features, or three for a built-in list whose codes carry no values. Their sentences come from the concept's
    term.
    """
    done = "prescribed" if concept.startswith("rx.") else "recorded"

    def about(says: str, unit: str = "") -> Remarks:
        absence, restricted = concept in ABSENT, concept in concepts.restricted
        return {
            "says": f"{term}: {says}", "unit": unit, "group": slug(concept),
            "absence": absence, "restricted": restricted, "automatic": True, "term": term,
        }  # fmt: skip

    declarations = {
        "ever": ever(concept, missing=0, means=f"{term}: recorded", **about("on the record")),
        "count_1y": count(
            concept, over=years(1), missing=0, means=f"{term}: times in the {{window}}", **about(f"{done} {{times}} in the {{window}}")
        ),
        "days_since": days_since_last(
            concept, missing=None, means=f"{term}: days since the last", **about(f"last {done} {{ago}}", "days")
        ),
    }  # fmt: skip
    if concept in concepts.site or concept in units():
        declarations["latest"] = latest(
            concept, missing=None, means=f"{term}: latest value", **about("{amount}", units().get(concept, ""))
        )
    return declarations


PREVENTION = "prevention."
"""Built-in concepts used only by prevention rules. They become no features, so that models do not change with them."""
FAMILIES = {
    "condition": "clinical", "function": "clinical", "measure": "clinical", "lifestyle": "clinical", "rx": "clinical",
    "charlson": "clinical", "acsc": "clinical", "social": "social", "loneliness": "loneliness", "wellbeing": "loneliness",
    "strength": "strength",
}  # fmt: skip
"""First part of a code-list concept's name → its family. Any other concept is in the site's own family."""


def _family(concept: str) -> str:
    return FAMILIES.get(concept.split(".", maxsplit=1)[0], "site") if "." in concept else "site"
