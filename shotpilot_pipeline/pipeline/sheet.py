"""The contact sheet's contents: every shot with all its takes, put together from the list, the store and the picks.

Looks at nothing but values and records; the page itself is the review room's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shotpilot_pipeline.catalog.cards import endpoint_card
from shotpilot_pipeline.pipeline.going_on import stand_of
from shotpilot_pipeline.pipeline.reading import Reading
from shotpilot_pipeline.pipeline.trip import known_of, shot_of
from shotpilot_pipeline.plan.known import Known
from shotpilot_pipeline.review.page import (
    ReportCast,
    ReportPage,
    ReportPicture,
    ReportScene,
    ReportShot,
    ReportStage,
    ReportTake,
)
from shotpilot_pipeline.store.store import Store
from shotpilot_pipeline.values.fits import split_sent
from shotpilot_pipeline.values.money import Money
from shotpilot_pipeline.values.request import input_of, marks_of
from shotpilot_pipeline.values.take import Take
from shotpilot_pipeline.values.task import NO_PRICE, SceneInfo, ShotInfo, Task

_STATES = {"omit": "omitted", "hold": "held", "": ""}


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the sheet is put together from."""

    reading: Reading
    known: Known
    store: Store
    tasks: Mapping[str, Sequence[Task]]  # by scene/shot
    keys: Mapping[str, str]  # current render key by address
    circled: Mapping[tuple[str, int], str]  # (render key, take) of what goes on -> who picked it: a person or a rule
    links: Mapping[str, Path]  # sha256 -> its file in renders/


def sheet_of(
    reading: Reading,
    *,
    date: str,
    run: str,
    links: Mapping[str, Path],
    absent: Sequence[str] = (),
    only: Collection[str] | None = None,
) -> ReportPage:
    """The page of a list, or of the tasks `only` of it. `links` tells where a picture lies under its readable name.

    `absent` are the addresses of pictures that were kept once and that the store has no more.
    """
    compiled, places = reading.compiled, reading.places
    known = known_of(reading)
    now = stand_of(reading, known)
    tasks: dict[str, list[Task]] = {}
    for task in compiled.tasks:
        if only is None or task.address in only:
            tasks.setdefault(shot_of(task.address), []).append(task)
    by = {(one.take.key, one.take.number): one.by or "a person" for one in now.going_on.values()}
    facts = _Facts(reading, known, Store(places.store), tasks, now.keys, by, links)
    return ReportPage(
        show=compiled.show,
        title=compiled.title or compiled.show,
        scenes=tuple(_scene(scene, facts) for scene in _scenes(compiled.scenes, tasks, only)),
        stages=compiled.stages,
        thumbs=places.thumbnails,
        date=date,
        run=run,
        rehearsal=places.rehearsal,
        cast=_cast(reading),
        charged=Money() if places.rehearsal else None,
        absent=tuple(absent),
    )


def _scenes(
    scenes: Sequence[SceneInfo], tasks: Mapping[str, object], only: Collection[str] | None
) -> Iterator[SceneInfo]:
    """The scenes that are shown, each with the shots that are."""
    for scene in scenes:
        shots = tuple(shot for shot in scene.shots if only is None or f"{scene.id}/{shot.id}" in tasks)
        if shots:
            yield scene._replace(shots=shots)


def _cast(reading: Reading) -> tuple[ReportCast, ...]:
    """Every cast member with the frontal picture that is sent of them, where it is a file of the show."""
    portraits: dict[str, ReportPicture] = {}
    for task in reading.compiled.tasks:
        if task.forms and not portraits.keys() >= set(task.cast):
            elements = input_of(task.forms[0]).get("elements", [])
            for member, element in zip(task.cast, elements, strict=False):
                sha256 = str(element.get("frontal_image_url", "")).removeprefix("sha256:")
                path = reading.compiled.sources.get(sha256)
                if path:
                    portraits[member] = ReportPicture(reading.places.root / path, sha256, 0, 0)
    return tuple(ReportCast(id_, name, portraits.get(id_)) for id_, name in reading.compiled.cast.items())


def _scene(scene: SceneInfo, facts: _Facts) -> ReportScene:
    return ReportScene(
        scene.id, scene.heading, tuple(_shot(f"{scene.id}/{shot.id}", shot, facts) for shot in scene.shots)
    )


def _shot(address: str, shot: ShotInfo, facts: _Facts) -> ReportShot:
    tasks = facts.tasks.get(address, ())
    return ReportShot(
        id=shot.id,
        stages=tuple(_stage(task, facts) for task in tasks if task.state != "omit"),
        words=shot.words,
        tags=tuple(dict.fromkeys(tag for task in tasks for tag in task.tags)),
        cast=tuple(dict.fromkeys(member for task in tasks for member in task.cast)),
        state=_STATES[shot.state],
    )


def _stage(task: Task, facts: _Facts) -> ReportStage:
    key = facts.keys.get(task.address, "")
    versions = list(facts.known.versions(task.address))
    if key and key not in versions:
        versions.append(key)
    takes = [
        _take(task, take, number, facts, current=version_key == key)
        for number, version_key in enumerate(versions, 1)
        for take in facts.known.takes_of(version_key)
    ]
    wire: dict[str, Any] = input_of(task.forms[0])
    card, _ = endpoint_card(facts.reading.catalog, task.endpoint)
    return ReportStage(
        stage=task.stage,
        address=task.address,
        variant=task.address.partition("@")[0].partition(".")[2],
        model=f"{card.family}, {task.endpoint.rpartition('/')[2]}",
        resolution=str(wire.get("resolution", "")),
        aspect_ratio=str(wire.get("aspect_ratio", "")),
        prompt=str(wire.get("prompt", "")),
        elements=tuple(facts.reading.compiled.cast.get(member, member) for member in task.cast),
        images=_images(task, wire, facts),
        takes=tuple(takes),
        wanted=task.takes,
        state="held" if task.state == "hold" else "" if takes else "waiting",
    )


def _take(task: Task, take: Take, version: int, facts: _Facts, *, current: bool) -> ReportTake:
    picked = (take.key, take.number) in facts.circled and current
    short = len(take.pictures) < task.panels
    price = None if task.picture_price == NO_PRICE else Money(task.picture_price) * len(take.pictures)
    return ReportTake(
        number=take.number,
        version=version,
        pictures=tuple(
            ReportPicture(
                facts.store.path_of(picture),
                picture.sha256,
                picture.width,
                picture.height,
                facts.links.get(picture.sha256),
            )
            for picture in take.pictures
        ),
        price=price,
        picked=picked,
        by=facts.circled[take.key, take.number] if picked else "",
        note=f"incomplete: {len(take.pictures)} of {task.panels} panels" if short else "",
        current=current,
    )


def _images(task: Task, wire: Mapping[str, Any], facts: _Facts) -> tuple[str, ...]:
    """What `@Image1` and so on stand for, in words: a file's name, an address, a URL."""
    sent = [wire["image_url"]] if "image_url" in wire else wire.get("image_urls", [])
    names = []
    for mark in sent if marks_of(task.forms[0]) else []:
        kind, _, rest = mark.lstrip("\0").partition(":")
        sha256, _ = split_sent(rest)
        names.append(rest if kind != "sha256" else facts.reading.compiled.sources.get(sha256, "a picked take"))
    return tuple(names)
