"""The shipped identification with one more review of the village, after the town's check and by another quorum."""

import json
from datetime import date

from lxml import etree

from app.config import ROOT
from app.policy.model import Entry
from app.services.deployments import publishing

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
STEP, RESULT = "second_review", "second_result"
SOURCE = "方案未写；试验"
ADDED = f"""<root xmlns:bpmn="{BPMN}" xmlns:sw="http://shouwang/bpmn/1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<bpmn:userTask id="{STEP}" name="核查后再评议"><bpmn:extensionElements><sw:properties>
<sw:property name="type" value="village_review"/><sw:property name="quorum" value="second_quorum"/>
<sw:property name="gives.review_result" value="{RESULT}"/><sw:property name="list" value="meeting"/>
<sw:property name="role" value="village_officer"/><sw:property name="due" value="due_second_review"/>
<sw:property name="default" value="true"/><sw:property name="source" value="{SOURCE}"/>
</sw:properties></bpmn:extensionElements></bpmn:userTask>
<bpmn:boundaryEvent id="{STEP}_late" name="到期" cancelActivity="false" attachedToRef="{STEP}"><bpmn:extensionElements><sw:properties>
<sw:property name="default" value="true"/><sw:property name="source" value="{SOURCE}"/></sw:properties></bpmn:extensionElements>
<bpmn:timerEventDefinition><bpmn:timeDate xsi:type="bpmn:tFormalExpression">due()</bpmn:timeDate></bpmn:timerEventDefinition></bpmn:boundaryEvent>
<bpmn:endEvent id="{STEP}_told" name="催办"><bpmn:extensionElements><sw:properties><sw:property name="operator" value="urge"/>
<sw:property name="default" value="true"/><sw:property name="source" value="{SOURCE}"/></sw:properties></bpmn:extensionElements></bpmn:endEvent>
<bpmn:exclusiveGateway id="second_way" name="再评议结果？" default="second_not_passed"/>
<bpmn:sequenceFlow id="second_told" sourceRef="{STEP}_late" targetRef="{STEP}_told"/>
<bpmn:sequenceFlow id="second_done" sourceRef="{STEP}" targetRef="second_way"/>
<bpmn:sequenceFlow id="second_passed" name="同意" sourceRef="second_way" targetRef="sign_town_report">
<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{RESULT} == 'agreed'</bpmn:conditionExpression></bpmn:sequenceFlow>
<bpmn:sequenceFlow id="second_not_passed" name="不同意" sourceRef="second_way" targetRef="issue_town_refusal"/>
</root>"""


def project(*, quorum: str = "second_quorum") -> tuple[dict[str, bytes], list[Entry]]:
    """Files and entries, with the second review. `quorum`: the entry that it names."""
    files, entries = publishing.read_project(ROOT)
    files["identify.bpmn"] = _drawn(files["identify.bpmn"]).replace(b'value="second_quorum"', f'value="{quorum}"'.encode())
    form = json.loads(files["forms/identify/hold_village_review.json"])
    form |= {"$id": f"identify/{STEP}.json", "title": "核查后再评议"}
    files[f"forms/identify/{STEP}.json"] = json.dumps(form, ensure_ascii=False).encode()
    since = date(2021, 8, 9)
    share = {
        "title": "再评议到会人数下限",
        "value": {"numerator": 9, "denominator": 10, "strict": False},
        "unit": "share",
        "selected_by": "meeting",
    }
    days = {"title": "再评议办理时限", "value": 0, "unit": "calendar_days", "selected_by": "opening"}
    for key, value in (("second_quorum", share), ("due_second_review", days)):
        entries.append(Entry(None, "parameter", key, since, None, value, SOURCE, True))
    return files, entries


def _drawn(diagram: bytes) -> bytes:
    tree = etree.fromstring(diagram)
    process = tree.find(f"{{{BPMN}}}process")
    assert process is not None
    for lane in process.iter(f"{{{BPMN}}}lane"):
        for node in {"lane_village": (STEP, f"{STEP}_late", f"{STEP}_told"), "lane_town": ("second_way",)}.get(
            lane.get("id") or "", ()
        ):
            etree.SubElement(lane, f"{{{BPMN}}}flowNodeRef").text = node
    onward = next(
        f
        for f in process.iter(f"{{{BPMN}}}sequenceFlow")
        if f.get("targetRef") == "sign_town_report" and f.get("sourceRef") == "town_result"
    )
    onward.set("targetRef", STEP)
    for element in process.iter(f"{{{BPMN}}}incoming"):
        if element.text == onward.get("id"):
            element.getparent().remove(element)
            break
    process.extend(etree.fromstring(ADDED))
    return etree.tostring(tree)
