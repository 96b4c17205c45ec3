"""Findings: the claim, how sure it is, and what it rests on; and the summary made of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ebpm.evidence.grade import LEVEL_OF_EFFECTS
from ebpm.report.glossary import BASIC, glossary
from ebpm.report.markup import Html, el, hidden, join, titled
from ebpm.report.model import Lang, Payload
from ebpm.report.numbers import format_number
from ebpm.report.payload import Block, PayloadError
from ebpm.report.state import Page
from ebpm.report.tables import data_table
from ebpm.report.words import word

STEPS = (1, 2, 3, 4, 5)
SMALLEST_P = 0.001


def render_finding(page: Page, payload: Payload) -> Html:
    claim = page.text(payload[f"claim_{page.lang}"])
    title = f"{page.word('finding')} {page.findings[payload['id']]}"
    heading = page.heading(3, claim, page.pick(payload[f"claim_{page.lang}"]))
    return el(
        "section",
        el("p", title, " ", el("span", _kind(page, payload), class_="kind"), class_="kicker"),
        heading,
        _facts(page, payload),
        _checks(page, payload),
        page.source_numbers(payload),
        id=page.finding_id(payload["id"]),
        class_="finding",
    )


def render_claims(page: Page, payload: Payload, findings: Mapping[str, Payload]) -> Html | None:
    """The headline findings for the summary, in the order that the analyst chose."""
    chosen = payload["headline_ids"]
    for ident in chosen:
        if ident not in findings:
            raise PayloadError(f"summary: headline {ident!r} names no finding of this notebook")
    return (
        el("ol", [_claim(page, findings[i]) for i in chosen], class_="claims") if chosen else None
    )


def grade_line(payload: Payload, lang: Lang, reason: Html | None = None) -> Html:
    """Scale, place on it, direction and reason; the steps are outlined, without a colour code."""
    sms = payload["sms"]
    scale = "".join("■" if step <= sms else "□" for step in STEPS)
    steps = el("span", scale, class_="steps", aria_hidden="true")
    text = f"SMS {sms}/5{word('grade_direction', lang)}"
    tail = join(word("grade_reason_mark", lang), reason) if reason else None
    return join(steps, text, tail)


def grade_scale(lang: Lang, ident: str, used: Collection[str] = BASIC) -> Html:
    """The five steps in plain words, and the terms that the page uses."""
    rows = [
        el("tr", el("th", f"SMS {step}/5", scope="row"), el("td", word(f"sms_{step}", lang)))
        for step in reversed(STEPS)
    ]
    head = el(
        "tr",
        el("th", word("grade_step", lang), scope="col"),
        el("th", word("grade_meaning", lang), scope="col"),
    )
    caption = el("caption", hidden(word("grade_help", lang)))
    return titled(
        ident,
        word("grade_help", lang),
        el("p", word("grade_intro", lang)),
        el("table", caption, el("thead", head), el("tbody", rows)),
        el("h3", word("terms", lang)),
        glossary(lang, used),
        class_="scale",
    )


def findings_of(blocks: list[Block]) -> dict[str, Payload]:
    return {b.payload["id"]: b.payload for b in blocks if b.kind == "finding"}


def _claim(page: Page, payload: Payload) -> Html:
    return el(
        "li",
        el("p", page.rich(payload["claim"]), class_="claim"),
        _facts(page, payload, short=True),
        el("p", page.word("see_finding"), " ", page.finding_link(payload["id"]), class_="more"),
    )


def _facts(page: Page, payload: Payload, *, short: bool = False) -> Html:
    """What was found, how sure it is, how strong the evidence is, and on how many cases."""
    trace, unit = payload["trace"], page.pick(payload.get("unit"))
    sample = page.trace_link(page.pick(payload["n_text"]), trace, payload["n"])
    kind_sample = join(_kind(page, payload), page.word("list_mark"), sample)
    size = page.trace_link(page.pick(payload["estimate_text"]), trace, payload["estimate"], unit)
    facts = [
        ("estimand", page.rich(payload["estimand"])),
        (f"value_{payload['kind']}", size),
        ("how_sure", _verdict(page, payload, short=short)),
        ("grade", grade_line(payload, page.lang, page.text(payload["sms_reason"]))),
        ("kind_sample", kind_sample) if short else ("sample", sample),
    ]
    return el("dl", [_fact(page, key, value) for key, value in facts if value], class_="facts")


def _detectable(page: Page, payload: Payload) -> Html | None:
    """How large a difference would have had to be, to be found in most cases."""
    found = payload.get("detectable")
    if not found:
        return None
    part, unit = page.word("detectable"), page.pick(payload.get("unit"))
    size = page.trace_link(page.pick(found["text"]), payload["trace"], found["value"], unit, part)
    return page.fill("detectable_named", size=size)


def _verdict(page: Page, payload: Payload, *, short: bool) -> Html:
    """The verdict in plain words, with the threshold that it was reached by."""
    verdict = page.word(verdict_key(payload))
    limit, trace = page.pick(payload.get("threshold_text")), payload.get("threshold_trace")
    if not limit or not trace:
        return join(verdict)
    unit = page.pick(payload.get("unit"))
    amount = page.trace_link(limit, trace, payload["smallest_effect"], unit)
    planned = None if short else _planned(page, payload)
    return join(
        verdict,
        page.word("opening"),
        page.fill("threshold_named", limit=amount),
        page.fill("threshold_planned", planned=planned) if planned else None,
        page.word("closing"),
        _detectable(page, payload),
        page.word("may_be_small") if payload.get("may_be_small") else None,
        page.word("borderline") if payload.get("is_borderline") else None,
    )


def _planned(page: Page, payload: Payload) -> Html:
    """Whether the question was registered, when, and whether that was before the data."""
    if not payload.get("plan"):
        return join(page.word("not_planned"))
    key = "planned_before" if payload.get("plan_before_data") else "planned_after"
    return page.fill(key, date=page.text(payload["plan_registered"]))


def verdict_key(payload: Payload) -> str:
    """The words of the verdict; an effect is spoken of as one only where the grade allows it."""
    is_effect = payload["kind"] == "effect" and payload["sms"] >= LEVEL_OF_EFFECTS
    return f"verdict_{payload['verdict']}{'_effect' if is_effect else ''}"


def _fact(page: Page, key: str, value: Html) -> Html:
    return el("div", el("dt", page.word(key)), el("dd", value))


def _kind(page: Page, payload: Payload) -> str:
    return page.word(f"kind_{payload['kind']}")


def _checks(page: Page, payload: Payload) -> Html:
    """Method and checks; open from the start when a check is not met."""
    checks = payload.get("checks") or []
    failed = any(check.get("passed") is False for check in checks)
    facts = [
        _fact(page, key, value)
        for key, value in (
            ("question", page.rich(payload["question"])),
            *_method(page, payload),
            ("p_value", _p_value(page, payload)),
        )
        if value
    ]
    return el(
        "details",
        el("summary", page.word("checks_failed" if failed else "checks")),
        el("dl", facts, class_="facts"),
        _check_table(page, checks) if checks else None,
        _computation(page, payload),
        open=failed,
    )


def _method(page: Page, payload: Payload) -> list[tuple[str, Html]]:
    """The method; its formula and paper at the first finding that uses it, a link at the others."""
    name = page.text(payload.get("method"))
    first = page.methods.setdefault(name, payload["id"])
    if first != payload["id"]:
        link = page.fill("method_as", finding=page.finding_link(first))
        return [("method", join(name, link))]
    said = [(key, page.text(payload.get(key))) for key in ("notation", "paper")]
    return [("method", name), *said]


def _check_table(page: Page, checks: list[Payload]) -> Html:
    columns = [
        {"key": key, "label": page.word(f"check_{key}"), "format": "text"}
        for key in ("name", "result", "detail")
    ]
    rows = [
        [page.pick(check.get("name")), _result(page, check), page.pick(check.get("detail"))]
        for check in checks
    ]
    caption = page.text(page.word("checks_caption"))
    return data_table(page, {"columns": columns, "rows": rows}, caption, "")


def _result(page: Page, check: Payload) -> str:
    passed = check.get("passed")
    return page.word("check_null" if passed is None else f"check_{str(bool(passed)).lower()}")


def _computation(page: Page, payload: Payload) -> Html:
    """A link to the annex: the tables that the finding rests on, and the SQL."""
    link = page.computation_link(page.computation_of(payload["trace"]))
    return el("p", page.word("computed_by"), page.word("colon"), link)


def _p_value(page: Page, payload: Payload) -> Html | None:
    """The p-value of a test; a description has none."""
    p = payload.get("p_value")
    if p is None or payload["verdict"] == "descriptive":
        return None
    shown = page.word("p_tiny") if p < SMALLEST_P else format_number(p, "float3")
    return page.trace_link(shown, payload["trace"], p, part=page.word("p_value"))
