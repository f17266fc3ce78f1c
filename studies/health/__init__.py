"""Whether what a study found can be trusted, and what would make it better: checks that say a sentence each, or nothing.

All of it works on frozen records with plain arithmetic, so that the command line, the report and an app may ask at once.
"""

from .checks import findings, read_findings
from .evidence import Finding, findings_sentence

__all__ = ["Finding", "findings", "findings_sentence", "read_findings"]
