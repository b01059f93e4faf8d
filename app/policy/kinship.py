"""Relations to the head of a household, told anew when the head is another."""

from collections.abc import Mapping

HEAD = "head"
OTHER = "other"

_SEEN: Mapping[str, Mapping[str, str]] = {
    "spouse": {
        "head": "spouse",
        "child": "child",
        "child_in_law": "child_in_law",
        "grandchild": "grandchild",
        "parent": "parent_in_law",
        "parent_in_law": "parent",
    },
    "child": {
        "head": "parent",
        "spouse": "parent",
        "child": "sibling",
        "parent": "grandparent",
        "parent_in_law": "grandparent",
    },
    "child_in_law": {"head": "parent_in_law", "spouse": "parent_in_law"},
    "parent": {
        "head": "child",
        "spouse": "child_in_law",
        "sibling": "child",
        "child": "grandchild",
        "parent": "spouse",
        "parent_in_law": "other",
        "child_in_law": "other",
        "grandchild": "other",
    },
    "parent_in_law": {
        "head": "child_in_law",
        "spouse": "child",
        "child": "grandchild",
        "parent_in_law": "spouse",
        "parent": "other",
        "child_in_law": "other",
        "grandchild": "other",
    },
    "grandchild": {"head": "grandparent", "spouse": "grandparent", "parent": "other", "parent_in_law": "other"},
    "grandparent": {
        "head": "grandchild",
        "sibling": "grandchild",
        "grandparent": "spouse",
        "child": "other",
        "spouse": "other",
    },
    "sibling": {
        "head": "sibling",
        "parent": "parent",
        "grandparent": "grandparent",
        "spouse": "other",
        "child": "other",
        "child_in_law": "other",
        "grandchild": "other",
        "parent_in_law": "other",
    },
}
"""What the new head was to the old one -> what another was to the old one -> what that other is to the new one. `other`
where the list has no word for it; what is not named could be one thing or another (a grandchild's uncle or parent)."""


def seen_from(new_head: str, relation: str) -> str | None:
    """What somebody who was `relation` to the old head is to the new one, who was `new_head`; None where it must be asked."""
    return _SEEN.get(new_head, {}).get(relation)
