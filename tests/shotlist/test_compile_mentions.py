"""Mentions: who and what `@name` means, in which order it is numbered, and what is only an at sign."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotpilot_pipeline.shotlist.mentions import BadMention, Kind, Mention, mentioned, read_mentions, written
from tests.shotlist.compiling import CAST, STAGES, prompt_of, show

CASTING = ("vera", "vera-kane", "sam")
IMAGES = ("plate", "grade_2")


def marked(text: str) -> str:
    """The text with each mention as <kind:id>."""
    return written(read_mentions(text, CASTING, IMAGES), lambda mention: f"<{mention.kind}:{mention.id}>")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@vera", "<cast:vera>"),
        ("(@vera)", "(<cast:vera>)"),
        ("@vera's coat", "<cast:vera>'s coat"),
        ("@vera, @sam.", "<cast:vera>, <cast:sam>."),
        ("@vera. She", "<cast:vera>. She"),
        ("@vera-kane waits", "<cast:vera-kane> waits"),
        ("@vera-lit face", "<cast:vera>-lit face"),
        ("@vera- and @vera_", "<cast:vera>- and <cast:vera>_"),
        ("@vera.wardrobe", "<wardrobe:vera>"),
        ("@vera.wardrobe.", "<wardrobe:vera>."),
        ("@vera-kane.wardrobe, wet", "<wardrobe:vera-kane>, wet"),
        ("like @plate and @grade_2", "like <image:plate> and <image:grade_2>"),
        ("@pick", "<pick:pick>"),
        ("vera@example.com", "vera@example.com"),
        ("50mm @ f/1.4", "50mm @ f/1.4"),
        ("@", "@"),
        ("@, @. @(", "@, @. @("),
        ("@@vera", "@vera"),
        ("@@@@", "@@"),
        ("@@@vera", "@<cast:vera>"),
        ("a@@b", "a@b"),
        ("@Element1 @Image2 @Image", "<Element:Element1> <Image:Image2> <Image:Image>"),
        ("", ""),
    ],
)
def test_what_an_at_sign_means(text: str, found: str) -> None:
    assert marked(text) == found


@pytest.mark.parametrize(
    ("text", "named", "hint"),
    [
        ("@veera looks", "@veera", 'did you mean "vera"?'),
        ("@veranda", "@veranda", "vera"),
        ("@Vera", "@Vera", 'did you mean "vera"?'),
        ("@50mm", "@50mm", "for a plain at sign write @@50mm"),
        ("@vera.name", "@vera.name", "cast.vera.name"),
    ],
)
def test_an_unknown_name_is_refused_with_a_hint(text: str, named: str, hint: str) -> None:
    with pytest.raises(BadMention) as bad:
        read_mentions(text, CASTING, IMAGES)
    assert bad.value.written == named
    assert hint in bad.value.hint


@given(st.text(alphabet="@ab .-_vera\n", max_size=40))
def test_every_at_sign_is_a_mention_a_plain_sign_or_refused_by_name(text: str) -> None:
    """Whatever stands in a text, nothing of it is lost: written back, the pieces are the text."""
    try:
        pieces = read_mentions(text, ("vera",), ())
    except BadMention as refused:
        found = refused.written
    else:
        suffix = {Kind.WARDROBE: ".wardrobe"}
        back = written(
            tuple("@@" if piece == "@" and "@@" in text else piece for piece in pieces),
            lambda mention: f"@{mention.id}{suffix.get(mention.kind, '')}",
        )
        found = back if back == text else back.replace("@@", "@")
        text = text if back == text else text.replace("@@", "@")
    assert found in text


@given(st.lists(st.sampled_from(["vera", "sam", "vera-kane"]), min_size=1, max_size=8))
def test_numbers_follow_first_mention(names: list[str]) -> None:
    pieces = read_mentions(" and ".join(f"@{name}" for name in names), CASTING, IMAGES)
    assert mentioned(pieces, Kind.CAST) == tuple(dict.fromkeys(names))


def test_cast_becomes_elements_in_order_of_first_mention_at_every_stage(tmp_path: Path) -> None:
    result = show(tmp_path, 'sh010: {prompt: "@sam and @vera, @sam first"}', head=CAST + STAGES)
    for stage in ("iterate", "refine", "final"):
        wire = result.wire(f"sc010/sh010@{stage}")
        assert wire["prompt"].endswith("@Element1 and @Element2, @Element1 first")
        assert wire["elements"] == [
            {"frontal_image_url": "url:https://example.com/sam.jpg"},
            {
                "frontal_image_url": "url:https://example.com/vera.jpg",
                "reference_image_urls": ["url:https://example.com/vera_left.jpg"],
            },
        ]


def test_wardrobe_is_words_and_no_mention(tmp_path: Path) -> None:
    result = prompt_of(tmp_path, "a coat like @vera.wardrobe", head=CAST)
    assert result.prompt() == "a coat like black evening gown, pearl earrings"
    assert "elements" not in result.wire("sc010/sh010@still")


def test_a_wardrobe_may_hold_a_template_and_a_mention(tmp_path: Path) -> None:
    head = """
    vars: {colour: red}
    cast:
      vera: {frontal: "https://example.com/v.jpg", wardrobe: "{{ vars.colour }} coat of @sam"}
      sam: https://example.com/s.jpg
    """
    result = prompt_of(tmp_path, "@vera in @vera.wardrobe", head=head)
    assert result.prompt() == "@Element1 in red coat of @Element2"


def test_mentions_that_come_out_of_values_count(tmp_path: Path) -> None:
    result = prompt_of(tmp_path, "a portrait of {{ vars.who }}", head=CAST + 'vars: {who: "@vera"}')
    assert result.prompt() == "a portrait of @Element1"
    assert len(result.wire("sc010/sh010@still")["elements"]) == 1


def test_images_are_numbered_pick_first_then_mentions_then_the_rest(tmp_path: Path) -> None:
    head = CAST + STAGES.replace("kling-v3", "kling-o3")
    shot = 'sh010: {prompt: "@grade over @vera", add_images: [cast, plate, grade]}'
    wire = show(tmp_path, shot, head=head).wire("sc010/sh010@refine")
    assert wire["prompt"] == "Keep composition, framing and pose of @Image1. @Image2 over @Element1"
    assert wire["image_urls"] == [
        "\0pick:sc010/sh010@iterate",
        "url:https://example.com/grade.jpg",
        "url:https://example.com/vera.jpg",
        "url:https://example.com/plate.jpg",
    ]


def test_the_word_cast_alone_adds_the_frontal_pictures(tmp_path: Path) -> None:
    wire = show(tmp_path, 'sh010: {prompt: "@vera", add_images: cast}', head=CAST).wire("sc010/sh010@still")
    assert wire["image_url"] == "url:https://example.com/vera.jpg"


def test_a_shots_own_image_goes_before_one_of_the_show(tmp_path: Path) -> None:
    shot = 'sh010: {prompt: "@plate @grade", images: {plate: "https://example.com/mine.jpg"}}'
    assert show(tmp_path, shot, head=CAST).wire("sc010/sh010@still")["image_urls"][0] == (
        "url:https://example.com/mine.jpg"
    )


@pytest.mark.parametrize(
    ("prompt", "rest", "sent"),
    [
        ("@Element1 waits", 'elements: [{image_url: "https://e.com/a.jpg"}]', "@Element1 waits"),
        ("@Element2 and @vera", 'elements: ["https://e.com/a.jpg", "https://e.com/b.jpg"]', "@Element2 and @Element3"),
        ("@Image2 on @Image1", 'image_urls: ["https://e.com/a.jpg", "https://e.com/b.jpg"]', "@Image2 on @Image1"),
        ("@Image redrawn", 'model: kling-o3, image_url: "https://e.com/a.jpg"', "@Image redrawn"),
        ("@Image1 redrawn", 'model: kling-v3, image_url: "https://e.com/a.jpg"', "the reference image redrawn"),
        ("@Image1 by @grade", 'image_urls: ["https://e.com/a.jpg"]', "@Image1 by @Image2"),
    ],
)
def test_numbers_by_hand_are_accepted_when_the_pictures_are_given_by_hand(
    prompt: str, rest: str, sent: str, tmp_path: Path
) -> None:
    assert show(tmp_path, f'sh010: {{prompt: "{prompt}", {rest}}}', head=CAST).prompt() == sent


def test_images_by_hand_keep_their_numbers_behind_a_carried_pick(tmp_path: Path) -> None:
    head = "stages:\n  a: {model: kling-o3}\n  b: {model: kling-o3, carry: image}\n"
    shot = 'sh010: {prompt: "as @Image1", image_urls: ["https://e.com/a.jpg"]}'
    result = show(tmp_path, shot, head=head)
    assert result.prompt("sc010/sh010@a") == "as @Image1"
    assert result.prompt("sc010/sh010@b") == "Keep composition, framing and pose of @Image1. as @Image2"


@pytest.mark.parametrize(
    ("prompt", "says"),
    [
        ("@Element1 waits", "there is no element 1"),
        ("@Element0 waits", "there is no element 0"),
        ("@Image1 redrawn", "there is no image 1"),
        ("@Image redrawn", "@Image without a number needs one image by hand"),
        ("@pick again", "nothing is carried here"),
        ("@veera waits", "nobody and nothing is called @veera"),
        ("@sam.wardrobe", "sam has no wardrobe"),
    ],
)
def test_a_mention_of_nothing_is_an_error_where_it_stands(prompt: str, says: str, tmp_path: Path) -> None:
    problem = prompt_of(tmp_path, f"so {prompt}", head=CAST).only_error()
    assert says in problem.message
    line = (tmp_path / "list.yaml").read_text().splitlines()[problem.place.line - 1]
    assert line[problem.place.column - 1 :].startswith(prompt.split()[0])


def test_a_member_without_a_face_cannot_be_an_element(tmp_path: Path) -> None:
    problem = prompt_of(tmp_path, "@ghost", head="cast: {ghost: {name: Ghost, wardrobe: sheet}}").only_error()
    assert problem.rule == "element-no-frontal"
    assert prompt_of(tmp_path, "in @ghost.wardrobe", head="cast: {ghost: {wardrobe: sheet}}").prompt() == "in sheet"


def test_an_element_by_hand_names_one_frontal_picture(tmp_path: Path) -> None:
    two = 'elements: [{image_url: "https://e.com/a.jpg", frontal_image_url: "https://e.com/b.jpg"}]'
    assert show(tmp_path, f"sh010: {{prompt: a, {two}}}").only_error().rule == "element-legacy-shape"
    same = two.replace("b.jpg", "a.jpg")
    assert show(tmp_path, f"sh010: {{prompt: a, {same}}}").wire("sc010/sh010@still")["elements"] == [
        {"frontal_image_url": "url:https://e.com/a.jpg"}
    ]


def test_an_unknown_further_image_is_an_error_with_a_hint(tmp_path: Path) -> None:
    problem = show(tmp_path, "sh010: {prompt: a, add_images: [garde]}", head=CAST).only_error()
    assert problem.hint == 'did you mean "grade"?'


def test_reports_show_names_for_mentions(tmp_path: Path) -> None:
    result = show(tmp_path, 'sh010: {subject: "@vera by @plate"}', head=CAST)
    assert dict(result.list.scenes[0].shots[0].words)["subject"] == "Vera Kane by plate"


def test_a_mention_is_a_value() -> None:
    assert read_mentions("@vera", CASTING, IMAGES) == (Mention(Kind.CAST, "vera"),)
