"""The contact sheet as a file: self-contained, escaped, the same every time."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from shotpilot_pipeline.review.page import ReportPage, ReportShot
from shotpilot_pipeline.review.report import write_report
from shotpilot_pipeline.review.views import Piece, pieces
from shotpilot_pipeline.values.money import Money
from tests.review.made_up_page import Studio

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }} \"quoted\" & 'single' <!--"


class Reader(HTMLParser):
    """Counts tags and collects every URL a browser would follow by itself."""

    VOID = frozenset({"meta", "img", "input", "br", "link"})

    def __init__(self) -> None:
        super().__init__()
        self.tags: dict[str, int] = {}
        self.urls: list[str] = []
        self.ids: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1
        found = dict(attrs)
        self.urls += [found[name] or "" for name in ("src", "href", "srcset", "data", "action") if name in found]
        self.ids += [found["id"] or ""] if "id" in found else []
        if tag == "img":
            self.images.append(found)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def written(page: ReportPage, into: Path) -> tuple[str, Reader]:
    write_report(page, into)
    text = into.read_text("utf-8")
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return text, reader


def with_shot(page: ReportPage, shot: ReportShot) -> ReportPage:
    first = page.scenes[0]
    return replace(page, scenes=(replace(first, shots=(shot, *first.shots[1:])), *page.scenes[1:]))


@pytest.mark.parametrize("shots", [12, 300])
def test_every_shot_take_and_prompt_stands_on_the_page_once(studio: Studio, tmp_path: Path, shots: int) -> None:
    text, reader = written(studio.page(shots), tmp_path / "sheet.html")
    assert reader.tags["article"] == shots
    assert len(re.findall(r'class="frame"', text)) == shots * 7
    assert reader.tags["h3"] == shots
    assert len(reader.ids) == len(set(reader.ids))
    assert text.count("kling-v3 · 1K · 21:9") == shots * 3


def test_the_file_needs_nothing_but_itself(studio: Studio, tmp_path: Path) -> None:
    text, reader = written(studio.page(4), tmp_path / "sheet.html")
    outside = [url for url in reader.urls if re.match(r"(?i)\s*([a-z]+:)?//|https?:|javascript:", url)]
    assert outside == []
    assert not re.search(r"url\(|@import|https?://", text)
    assert "default-src 'none'" in text
    assert all(image["src"].startswith("data:image/webp;base64,") for image in reader.images if image.get("src"))


def test_the_same_page_gives_the_same_bytes(studio: Studio, tmp_path: Path) -> None:
    page = studio.page(5)
    write_report(page, tmp_path / "one.html")
    write_report(replace(page, thumbs=tmp_path / "cold"), tmp_path / "two.html")
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()
    assert sorted(tmp_path.glob(".*")) == []


def test_words_of_the_list_are_text_wherever_they_stand(studio: Studio, tmp_path: Path) -> None:
    page = studio.page(4)
    shot = page.scenes[0].shots[0]
    _, before = written(page, tmp_path / "plain.html")
    stage = replace(shot.stages[0], prompt=EVIL, note=EVIL, state="waiting", elements=(EVIL,), model=EVIL, variant=EVIL)
    bad = replace(
        shot, words=(("size", EVIL), ("motion", EVIL)), tags=(EVIL.replace(" ", ""),), note=EVIL, stages=(stage,)
    )
    evil = with_shot(replace(page, title=EVIL, note=EVIL, date=EVIL), bad)
    evil = replace(evil, cast=(replace(evil.cast[0], name=EVIL), *evil.cast[1:]))
    evil = replace(evil, scenes=(replace(evil.scenes[0], heading=EVIL), *evil.scenes[1:]))
    text, after = written(evil, tmp_path / "evil.html")
    assert after.tags["script"] == before.tags["script"] == 1
    assert "<script>alert" not in text
    assert "onerror=alert(2)>" not in text
    assert "{{ 7*7 }}" in text
    assert not any("onerror" in image for image in after.images)


def test_a_rehearsal_says_so_and_what_it_would_cost(studio: Studio, tmp_path: Path) -> None:
    rehearsal, _ = written(studio.page(12), tmp_path / "a.html")
    assert 'class="rehearsal"' in rehearsal
    assert "Spent $0.00; bought for real, these takes would cost $2.688." in rehearsal
    bought, _ = written(replace(studio.page(12, rehearsal=False), charged=Money.usd("2.70")), tmp_path / "b.html")
    assert 'class="rehearsal"' not in bought
    assert "rehearsal" not in re.sub(r"<style>.*?</style>", "", bought, flags=re.S)
    assert "<dt>Spent</dt><dd>$2.70</dd>" in bought


def test_full_pictures_are_linked_by_where_the_page_stands(studio: Studio, tmp_path: Path) -> None:
    page = studio.page(1)
    name = tmp_path / "renders" / "a show" / "x #1.png"
    name.parent.mkdir(parents=True)
    shot = page.scenes[0].shots[0]
    take = shot.stages[0].takes[0]
    name.write_bytes(take.pictures[0].file.read_bytes())
    gone = replace(shot.stages[0].takes[1].pictures[0], full=tmp_path / "renders" / "gone.png")
    takes = (
        replace(take, pictures=(replace(take.pictures[0], full=name),)),
        replace(shot.stages[0].takes[1], pictures=(gone,)),
    )
    page = with_shot(page, replace(shot, stages=(replace(shot.stages[0], takes=takes),)))
    text, reader = written(page, tmp_path / "runs" / "now" / "sheet.html")
    assert "../../renders/a%20show/x%20%231.png" in reader.urls
    assert "gone.png" not in text


def test_a_picture_that_cannot_be_read_leaves_an_empty_frame(studio: Studio, tmp_path: Path) -> None:
    page = studio.page(1)
    shot = page.scenes[0].shots[0]
    broken = replace(shot.stages[2].takes[0].pictures[0], file=tmp_path / "nowhere.png", sha256="f" * 64)
    stage = replace(shot.stages[2], takes=(replace(shot.stages[2].takes[0], pictures=(broken,)),))
    text, _ = written(with_shot(page, replace(shot, stages=(*shot.stages[:2], stage))), tmp_path / "sheet.html")
    assert text.count("this picture cannot be read") == 1
    assert "1 picture could not be shown and is not counted" in text
    assert text.count("<dt>Takes</dt><dd>6</dd>") == 1


def test_a_row_whose_only_take_is_shown_large_says_so(studio: Studio, tmp_path: Path) -> None:
    text, _ = written(studio.page(2), tmp_path / "sheet.html")
    assert text.count("take 1: the large picture of this shot") == 2


def test_states_are_said_in_words(studio: Studio, tmp_path: Path) -> None:
    page = studio.page(4)
    shot = page.scenes[0].shots[0]
    waits = replace(shot.stages[1], takes=(), state="waiting", note="waits for a pick of sc010/sh010@iterate")
    page = with_shot(page, replace(shot, stages=(shot.stages[0], waits)))
    empty = ReportShot("sh090", (), state="omitted")
    scene = page.scenes[0]
    page = replace(page, scenes=(replace(scene, shots=(*scene.shots, empty)),))
    text, _ = written(page, tmp_path / "sheet.html")
    assert "waits for a pick of sc010/sh010@iterate" in text
    assert '<div class="blank"><span>omitted</span></div>' in text
    assert 'data-states="omitted"' in text


def test_an_empty_show_is_still_a_page(studio: Studio, tmp_path: Path) -> None:
    text, reader = written(replace(studio.page(0), cast=()), tmp_path / "sheet.html")
    assert "article" not in reader.tags
    assert "0 shots" in text


def test_every_picture_has_words_for_those_who_cannot_see_it(studio: Studio, tmp_path: Path) -> None:
    text, reader = written(studio.page(2), tmp_path / "sheet.html")
    assert all("alt" in image for image in reader.images)
    assert 'alt="sc010 sh010, iterate, take 2"' in text
    for landmark in ("<header", "<main", "<footer", 'role="search"', 'class="skip"', '<html lang="en"'):
        assert landmark in text


def test_mentions_are_named() -> None:
    found = pieces("@Element2 and @Image1, @Element9.", ("Vera", "Frank"), ("plate",))
    assert found == (
        Piece("@Element2", "element", "Frank"),
        Piece(" and "),
        Piece("@Image1", "image", "plate"),
        Piece(", "),
        Piece("@Element9", "element", ""),
        Piece("."),
    )
    assert "".join(piece.text for piece in found) == "@Element2 and @Image1, @Element9."


def test_a_long_sheet_is_light_enough_to_mail(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    studio.kinds = 1000
    page = studio.page(4)
    text, _ = written(page, tmp_path / "short.html")
    assert set(re.findall(r'" width="(3\d\d)" ', text)) == {"388"}
    monkeypatch.setattr("shotpilot_pipeline.review.report.MAILABLE", 10)
    text, _ = written(page, tmp_path / "long.html")
    assert set(re.findall(r'large" data-stage=.*?" width="(\d+)" ', text, flags=re.S)) == {"388"}
    assert set(re.findall(r'" width="(3\d\d)" ', text)) == {"388", "369"}
