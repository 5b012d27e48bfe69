"""HPGL for pen plotters of the eighties, by vpype, which knows their paper and their offsets."""

from __future__ import annotations

import io

from drawscape.errors import MissingExtraError, PlotError
from drawscape.svg.read import Document

_PX_PER_MM = 96 / 25.4


def to_hpgl(document: Document, *, device: str = "hp7475a") -> str:
    """Return the drawing as HPGL for `device`, one of vpype's names; layers are pens 1, 2, ...

    Raises MissingExtraError without vpype (the extra `hpgl`), PlotError for a device that is unknown or
    has no paper of the drawing's size.
    """
    try:
        import vpype
    except ImportError as error:
        raise MissingExtraError("HPGL export", "hpgl") from error
    known = sorted(vpype.config_manager.get_plotter_list())
    if device not in known:
        raise PlotError(f"device={device!r}: vpype knows {', '.join(known)}")
    out = io.StringIO()
    size = (document.width_mm * _PX_PER_MM, document.height_mm * _PX_PER_MM)
    config = vpype.config_manager.get_plotter_config(device)
    paper = config.paper_config_from_size(size)
    if paper is None:
        sheets = ", ".join(sheet.name for sheet in config.paper_configs)
        raise PlotError(
            f"{device} has no paper of {document.width_mm:g} x {document.height_mm:g} mm; "
            f"fit the drawing to one of {sheets}"
        )
    vpype.write_hpgl(
        out,
        _as_vpype(document),
        page_size=paper.name,
        landscape=document.width_mm > document.height_mm,
        center=False,
        device=device,
        velocity=None,
        quiet=True,
    )
    return out.getvalue()


def _as_vpype(document: Document) -> object:
    import vpype

    copy = vpype.Document()
    copy.page_size = (document.width_mm * _PX_PER_MM, document.height_mm * _PX_PER_MM)
    for number, layer in enumerate(document.layers, start=1):
        lines = [(line[:, 0] + 1j * line[:, 1]) * _PX_PER_MM for line in layer.lines]
        copy.add(vpype.LineCollection(lines), number)
    return copy
