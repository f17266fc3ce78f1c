"""Which view an address names."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from dash import html
from dash.development.base_component import Component

from ..errors import KerasweepError
from .compare_view import compare_studies_page, compare_trials_page
from .export_view import export_page
from .launch_view import launch_page
from .links import Address, link
from .pieces import anchor, error_alert, heading
from .site import Site
from .studies_view import studies_page
from .study_view import missing_page, study_page
from .table_view import trials_page
from .trial_live import trial_page

logger = logging.getLogger("kerasweep.app")


@dataclass(frozen=True)
class Page:
    """A view, and what the browser calls it."""

    title: str
    content: Component


def page(site: Site, address: Address) -> Page:
    """Return the view of an address; what cannot be shown says why."""
    title = " · ".join(part for part in reversed(address.parts) if part not in ("study", "trial"))
    try:
        found = _view(site, address)
    except KerasweepError as error:
        found = _trouble(error)
    except Exception as error:  # a study of unknown origin may hold anything; the log has the traceback
        logger.exception("The page %s could not be made.", "/".join(address.parts))
        found = _trouble(error)
    return Page(title, found)


def _trouble(error: Exception) -> Component:
    return html.Div([heading("This cannot be shown"), error_alert(error), anchor("All studies", link())])


def _view(site: Site, address: Address) -> Component:
    found = None
    match address.parts:
        case ():
            found = studies_page(site)
        case ("launch",):
            found = launch_page()
        case ("compare",):
            found = compare_studies_page(site, address)
        case ("study", name, *rest):
            found = _of_study(site, name, rest, address)
    return found or missing_page(f"There is no page {link(*address.parts)}.")


def _of_study(site: Site, name: str, rest: Sequence[str], address: Address) -> Component | None:
    match rest:
        case []:
            return study_page(site, name)
        case ["trials"]:
            return trials_page(site, name)
        case ["export"]:
            return export_page(site, name, address)
        case ["compare"]:
            return compare_trials_page(site, name, address)
        case ["trial", number] if number.isdecimal() and len(number) < 10:
            return trial_page(site, name, int(number))
    return None
