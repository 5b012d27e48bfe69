"""Plots on machines: the page /plots and the requests of its panel."""

import flask

from drawscape.errors import DrawscapeError, RequestRefused
from drawscape.machine.plot import find_plot, shown_plots
from drawscape.tasks.plotting import act_on_plot
from drawscape.web.site import html

_NEWEST = 50


def page() -> flask.Response:
    """Return the HTML page of plots; it is filled in the browser from GET /plots/list."""
    return html("drawscape/plots.html")


def listing() -> flask.Response:
    """Return the newest plots, each as `drawscape plots show --json` prints it."""
    return flask.jsonify({"plots": shown_plots(_NEWEST)})


def state(plot_id: str) -> flask.Response:
    """Return how far a plot is; raises PlotNotFoundError, which is answered by 404."""
    return flask.jsonify(find_plot(plot_id).as_dict())


def lines(plot_id: str) -> flask.Response:
    """Return a plot's strokes as `Plan.packed` packs them."""
    return flask.Response(find_plot(plot_id).plan.packed(), content_type="application/octet-stream")


def act(plot_id: str, action: str) -> flask.Response:
    """Run the action of a button and return the plot's state; raises RequestRefused with 409."""
    plot = find_plot(plot_id)
    try:
        act_on_plot(plot, action, dict(flask.request.get_json(silent=True) or {}))
    except (DrawscapeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise RequestRefused(409, str(error)) from error
    return flask.jsonify(plot.as_dict())
