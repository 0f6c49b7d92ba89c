"""Contact sheets on paper: laid out within the page, read back from the PDF, looked at in the PNG."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader

from shotpilot_pipeline.review.page import ReportPage, ReportPicture, ReportScene, ReportShot, ReportStage, ReportTake
from shotpilot_pipeline.review.printing import DOTS, write_pdf, write_png
from shotpilot_pipeline.review.prints import HEIGHT, MARGIN, WIDTH, laid_out
from tests.review.made_up_page import Studio

SIZES = st.sampled_from([(2048, 1152), (1552, 656), (832, 1248), (1024, 1024), (6272, 2688), (300, 2000), (9000, 300)])


def _measure(text: str, size: float, bold: bool) -> float:
    return len(text) * size * (0.66 if bold else 0.6)


def _page(scenes: list[list[tuple[int, int]]]) -> ReportPage:
    made = []
    for number, sizes in enumerate(scenes, 1):
        takes = tuple(
            ReportTake(
                take, 1, (ReportPicture(Path(f"{number}-{take}.png"), f"{number}-{take}", *size),), picked=take == 1
            )
            for take, size in enumerate(sizes, 1)
        )
        stage = ReportStage("iterate", f"sc{number}/sh010@iterate", takes=takes)
        made.append(
            ReportScene(
                f"sc{number}", "EXT. a street whose name is quite long - NIGHT", (ReportShot("sh010", (stage,)),)
            )
        )
    return ReportPage("show", "Title", tuple(made), ("iterate",), Path("thumbs"), date="25 November 2026")


@settings(deadline=None)
@given(st.lists(st.lists(SIZES, max_size=12), max_size=5))
def test_every_picture_stands_once_inside_the_page_and_over_no_other(scenes: list[list[tuple[int, int]]]) -> None:
    sheets = laid_out(_page(scenes), _measure)
    prints = [one for sheet in sheets for one in sheet.prints]
    assert [one.picture.sha256 for one in prints] == [
        f"{scene}-{take}" for scene, sizes in enumerate(scenes, 1) for take in range(1, len(sizes) + 1)
    ]
    for sheet in sheets:
        for place, one in enumerate(sheet.prints):
            assert one.x >= MARGIN - 0.01
            assert one.x + one.width <= WIDTH - MARGIN + 0.01
            assert one.y + one.height <= HEIGHT - MARGIN
            assert abs(one.width / one.height - one.picture.width / one.picture.height) < 0.01 * one.width
            for other in sheet.prints[:place]:
                apart = (
                    one.x >= other.x + other.width or one.y >= other.y + other.height or other.y >= one.y + one.height
                )
                assert apart
        for words in sheet.words:
            assert words.x + _measure(words.text, words.size, words.bold) <= WIDTH - MARGIN + 0.01
            assert words.y <= HEIGHT - MARGIN + 1


def test_the_pdf_holds_every_code_as_text_and_the_prices_only_for_ourselves(studio: Studio, tmp_path: Path) -> None:
    page = studio.page(8)
    assert write_pdf(page, tmp_path / "sheet.pdf") == ()
    text = "\n".join(sheet.extract_text() for sheet in PdfReader(tmp_path / "sheet.pdf").pages)
    stages = [stage for scene in page.scenes for shot in scene.shots for stage in shot.stages if stage.takes]
    assert stages
    assert [stage.address for stage in stages if stage.address not in text] == []
    assert "picked" in text
    assert "$0.028" in text
    write_pdf(page, tmp_path / "client.pdf", prices=False)
    assert "$" not in "\n".join(sheet.extract_text() for sheet in PdfReader(tmp_path / "client.pdf").pages)


def test_the_same_page_gives_the_same_pdf(studio: Studio, tmp_path: Path) -> None:
    for name in ("one.pdf", "two.pdf"):
        write_pdf(studio.page(3), tmp_path / name)
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()


def test_png_pages_are_numbered_and_show_the_pictures(studio: Studio, tmp_path: Path) -> None:
    page = studio.page(12)
    files, unshown = write_png(page, tmp_path / "sheet.png")
    assert len(files) > 1
    assert files[0].name == "sheet-1.png"
    assert unshown == ()
    sheet, placed = Image.open(files[0]).convert("RGB"), laid_out(page, _measure)[0].prints[0]
    assert sheet.size == (round(WIDTH * DOTS), round(HEIGHT * DOTS))
    middle = (round((placed.x + placed.width / 2) * DOTS), round((placed.y + placed.height / 2) * DOTS))
    assert sheet.getpixel(middle) != (255, 255, 255)
    one, _ = write_png(page, tmp_path / "board.png", only_heroes=True)
    assert len(one) < len(files), "of each shot only what stands for it"


def test_titles_of_other_scripts_are_set_where_the_machine_has_the_letters(studio: Studio, tmp_path: Path) -> None:
    from shotpilot_pipeline.review.typeface import face_for

    title = "Полночный синдикат"
    face = face_for(title)
    write_pdf(replace(studio.page(1), title=title), tmp_path / "sheet.pdf")
    text = PdfReader(tmp_path / "sheet.pdf").pages[0].extract_text()
    assert (title in text) or face.has(frozenset(title)) < len(set(title)), (
        "set as it is wherever a face has the letters"
    )


def test_an_empty_page_and_a_lost_picture(studio: Studio, tmp_path: Path) -> None:
    write_pdf(_page([]), tmp_path / "empty.pdf")
    assert "No pictures yet" in PdfReader(tmp_path / "empty.pdf").pages[0].extract_text()
    lost = _page([[(2048, 1152)]])
    unshown = write_pdf(replace(lost, thumbs=tmp_path / "thumbs"), tmp_path / "lost.pdf")
    assert [one.address for one in unshown] == ["sc1/sh010@iterate#1"]
    assert "cannot be read" in PdfReader(tmp_path / "lost.pdf").pages[0].extract_text()
