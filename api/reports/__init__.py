"""Audit reports: the answer to some figures at one viewpoint, with its receipt, its chart and its sources, as a file.

`report_facts` asks the questions; `composition`, `report_tables` and `phrases` put the answers into words; `markup`
lays them out by the templates; `report_file` names the file. A report holds nothing that a client could not have asked
for, and no time of its own: the same figures at the same receipt give the same bytes.
"""

from api.reports.report_facts import FIGURES_MAX, PARAMETERS, Facts, gather
from api.reports.report_file import FORMS, file_name, written

__all__ = ["FIGURES_MAX", "FORMS", "PARAMETERS", "Facts", "file_name", "gather", "written"]
