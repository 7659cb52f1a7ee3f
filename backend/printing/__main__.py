"""The process that makes one paper."""

import resource
import sys

import msgspec

from backend.printing import assessment_sheet, circular_page, circular_sheet, subsidy_sheet
from backend.printing.jobs import AssessmentSheet, CircularPage, CircularSheet, Job, SubsidySheet

_CPU_SECONDS = 50


def paper_of(job: Job) -> bytes:
    """The file of a job."""
    match job:
        case CircularSheet():
            return circular_sheet.drawn(job.circular)
        case CircularPage():
            return circular_page.drawn(job.circular)
        case AssessmentSheet():
            return assessment_sheet.drawn(job)
        case SubsidySheet():
            return subsidy_sheet.drawn(job)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.buffer.write(paper_of(msgspec.json.decode(sys.stdin.buffer.read(), type=Job)))
