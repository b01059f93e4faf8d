"""Two small procedures that nobody foresaw, made on the spot: one beside a case, one for the whole county."""

import json
from datetime import date

from app.config import ROOT
from app.policy.model import Entry
from app.services.deployments import publishing
from tests.engine.diagrams import node, properties

SINCE, SOURCE = date(2021, 8, 9), "试验用"
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:sw="http://shouwang/bpmn/1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="n">'
)
PLAIN = {"default": "true", "source": SOURCE}


def project() -> tuple[dict[str, bytes], list[Entry]]:
    files, entries = publishing.read_project(ROOT)
    files |= {
        "visit_kin.bpmn": _diagram(
            "visit_kin", "走访亲属", "case", [("call_kin", "给亲属打电话", "村级", "village_officer", "")]
        ),
        "forms/visit_kin/call_kin.json": _form("visit_kin/call_kin", "给亲属打电话", "called_on"),
        "flood_check.bpmn": _diagram(
            "flood_check",
            "汛前排查",
            "run",
            [
                ("choose_towns", "定排查的镇", "县级", "county_officer", ""),
                ("check_roofs", "排查房屋", "镇级", "town_officer", "towns_asked"),
                ("report_flood", "汇总", "县级", "county_officer", ""),
            ],
        ),
        "forms/flood_check/choose_towns.json": _towns(),
        "forms/flood_check/check_roofs.json": _form("flood_check/check_roofs", "排查房屋", "checked_on"),
        "forms/flood_check/report_flood.json": _form("flood_check/report_flood", "汇总", "reported_on"),
    }
    for key in ("call_kin", "choose_towns", "check_roofs", "report_flood"):
        days = {"title": "办理时限（试验）", "value": 3, "unit": "calendar_days", "selected_by": "opening"}
        entries.append(Entry(None, "parameter", f"due_{key}", SINCE, None, days, SOURCE, True))
    doors = {
        "kin": ("走访亲属", "visit_kin", "case", "village_officer"),
        "flood": ("汛前排查", "flood_check", "run", "county_officer"),
    }
    for key, (title, process, subject, role) in doors.items():
        value = {"title": title, "process": process, "subject": subject, "roles": [role]}
        entries.append(Entry(None, "door", key, SINCE, None, value, SOURCE, True))
    return files, entries


def _diagram(process: str, title: str, subject: str, steps: list[tuple[str, str, str, str, str]]) -> bytes:
    lanes: dict[str, list[str]] = {}
    body, flows, before = node("startEvent", "began", **PLAIN), "", "began"
    for key, name, lane, role, many in steps:
        loop = (
            (
                f"<bpmn:multiInstanceLoopCharacteristics><bpmn:loopDataInputRef>{many}</bpmn:loopDataInputRef>"
                f'<bpmn:inputDataItem id="{key}_one" name="one"/></bpmn:multiInstanceLoopCharacteristics>'
            )
            if many
            else ""
        )
        told = properties({"role": role, "due": f"due_{key}", **PLAIN})
        body += f'<bpmn:userTask id="{key}" name="{name}">{told}{loop}</bpmn:userTask>'
        body += (
            f'<bpmn:boundaryEvent id="{key}_late" name="到期" cancelActivity="false" attachedToRef="{key}">{properties(PLAIN)}'
            '<bpmn:timerEventDefinition><bpmn:timeDate xsi:type="bpmn:tFormalExpression">due()</bpmn:timeDate>'
            "</bpmn:timerEventDefinition></bpmn:boundaryEvent>"
        )
        body += f'<bpmn:endEvent id="{key}_told" name="催办">{properties({"operator": "urge", **PLAIN})}</bpmn:endEvent>'
        flows += _flow(f"{key}_late", f"{key}_told") + _flow(before, key)
        lanes.setdefault(lane, []).extend([key, f"{key}_late", f"{key}_told"])
        before = key
    body += node("endEvent", "ended", **PLAIN) + flows + _flow(before, "ended")
    lanes.setdefault("系统", []).extend(["began", "ended"])
    drawn = "".join(
        f'<bpmn:lane id="lane_{at}" name="{lane}">'
        + "".join(f"<bpmn:flowNodeRef>{e}</bpmn:flowNodeRef>" for e in those)
        + "</bpmn:lane>"
        for at, (lane, those) in enumerate(lanes.items())
    )
    return (
        f'{HEAD}<bpmn:process id="{process}" name="{title}" isExecutable="true">{properties({"subject": subject})}'
        f"<bpmn:laneSet>{drawn}</bpmn:laneSet>{body}</bpmn:process></bpmn:definitions>"
    ).encode()


def _flow(source: str, target: str) -> str:
    return f'<bpmn:sequenceFlow id="{source}__{target}" sourceRef="{source}" targetRef="{target}"/>'


def _form(path: str, title: str, day: str) -> bytes:
    asked = {
        day: {
            "title": "哪一天",
            "type": "string",
            "format": "date",
            "maxLength": 10,
            "x-belongs-to": "step",
            "x-widget": "date",
            "x-happened-on": True,
        },
        "found": {"title": "情况", "type": "string", "maxLength": 300, "x-belongs-to": "step", "x-widget": "textarea"},
    }
    return _schema(path, title, asked)


def _towns() -> bytes:
    asked = {
        "towns_asked": {
            "title": "哪些镇",
            "type": "array",
            "items": {"type": "string", "maxLength": 12},
            "minItems": 1,
            "maxItems": 60,
            "uniqueItems": True,
            "x-belongs-to": "process",
            "x-widget": "checks",
            "x-choices": "towns",
        }
    }
    return _schema("flood_check/choose_towns", "定排查的镇", asked)


def _schema(path: str, title: str, asked: dict[str, object]) -> bytes:
    return json.dumps(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"{path}.json",
            "title": title,
            "type": "object",
            "properties": asked,
            "required": list(asked),
            "additionalProperties": False,
        },
        ensure_ascii=False,
    ).encode()
