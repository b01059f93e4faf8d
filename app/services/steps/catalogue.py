"""Every type of step there is, by the key that a diagram names."""

from . import (
    after,
    application,
    asset_answer,
    clue_check,
    commitment,
    county_review,
    decisions,
    exit_assessment,
    household_check,
    notice_posting,
    notice_removal,
    objection_inquiry,
    rounds,
    scale_study,
    town_check,
    town_report,
    village_review,
)
from .model import StepType

TYPES: dict[str, StepType] = {
    one.key: one
    for one in (
        application.TYPE, commitment.TYPE, household_check.TYPE, village_review.TYPE, notice_posting.TYPE,
        objection_inquiry.TYPE, objection_inquiry.REVIEW, notice_removal.TYPE, town_check.TYPE, town_check.ACCEPTANCE,
        town_report.TYPE,
        county_review.TYPE, county_review.EXIT, county_review.CIVIL, county_review.COLLECTION, decisions.ENTRY,
        decisions.EXIT, decisions.AGAIN, exit_assessment.TYPE, asset_answer.TYPE, clue_check.TYPE, rounds.ORDER, rounds.SWEEP,
        scale_study.STUDY, scale_study.MEASURE, scale_study.GUARD, scale_study.TRACK,
        after.PROVINCE, after.TOWN_CONTACT, after.VILLAGE_CONTACT, after.PLAN, after.REPORT, after.RECEIPT, after.OBSERVATION,
        after.SIGNS, after.EXCLUSION, after.RECHECK, after.DATA, after.MONTH, after.INCOMES,
    )
}  # fmt: skip
