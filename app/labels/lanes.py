"""Lane names as diagrams write them, and the level each stands for."""

TEXT: dict[str, str] = {
    "lanes.contact": "监测联系人",
    "lanes.village": "村级",
    "lanes.town": "镇级",
    "lanes.county": "县级",
}
LEVEL_OF_LANE = {"村级": "village", "镇级": "town", "县级": "county", "部门": "department", "系统": "system"}


def level_of_lane(lane: str | None) -> str:
    """Level code of a lane's name; unknown lanes belong to the system (check refuses them)."""
    return LEVEL_OF_LANE.get(lane or "", "system")
