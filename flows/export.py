"""Flow: the event log as a data set in the Medical Event Data Standard."""

from __future__ import annotations

from flows.flow import flow
from flows.lock import alone_in
from flows.parameters import Choices, of_site
from flows.run import Run
from pipeline.meds import Export, Site, write


@flow(name="export")
def export(parameters: Choices) -> Export:
    """Write what was known before the as-of date to `<out>/meds`."""
    from pipeline.features.catalogue import features_of

    asked = of_site(parameters)
    with alone_in(asked.folder):
        run = Run(asked)
        site = Site(
            run.settings.site.name, features_of(run.settings).concepts, run.settings.extracts["admissions"].diag_system
        )
        return write(site, run.ingested, run.log, run.as_of, run.out / "meds")
