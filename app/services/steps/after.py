"""Steps whose form says it all: what is written down after a decision, who is told, what departments and contacts answer."""

from .model import StepType

PROVINCE = StepType("province_entry", reads=("entered_on", "receipt_number"), subjects=("case",))
TOWN_CONTACT = StepType("town_contact", reads=("town_contact",), subjects=("case",))
VILLAGE_CONTACT = StepType("village_contact", reads=("village_contact",), subjects=("case",))
PLAN = StepType("measure_plan", reads=("measures",), subjects=("case",))
REPORT = StepType("measure_report", reads=("departments", "reported_on"), subjects=("case",))
RECEIPT = StepType("measure_receipt", reads=("acknowledgement",), subjects=("case",))
OBSERVATION = StepType("observation", reads=("observed_on", "new_risk"), subjects=("case",))
SIGNS = StepType("signs_inquiry", reads=("looked_on", "signs_result"), subjects=("case",))
EXCLUSION = StepType("exclusion_confirmation", reads=("confirmed_on",), subjects=("clue",))
RECHECK = StepType("data_recheck", reads=("data_result", "recheck_note"), subjects=("clue",))
DATA = StepType("month_data", subjects=("run",))
MONTH = StepType("month_report", reads=("published_on",), subjects=("run",))
INCOMES = StepType("village_incomes", reads=("collected_on",), subjects=("run",))
