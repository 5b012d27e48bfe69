"""Plots on machines: the page /plots and the requests of its panel."""

import flask
import orjson

from drawscape.errors import DrawscapeError, RequestRefused
from drawscape.jobs import get_job
from drawscape.machine.plot import find_plot, shown_plots
from drawscape.tasks.plotting import act_on_plot
from drawscape.web.jobs import last_line
from drawscape.web.problems import read_object
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
    values = read_object() if flask.request.get_data() else {}
    try:
        act_on_plot(plot, action, values)
    except (DrawscapeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise RequestRefused(409, str(error)) from error
    return flask.jsonify(plot.as_dict())


def photograph(plot_id: str) -> flask.Response:
    """Store the photograph in the body, and return the id of the job that examines it.

    The query has its `file` name, the number of the `sheet`, and as JSON the `corners` if a person set them.
    Raises RequestRefused with 409, also without the extra `photo`.
    """
    plot, given = find_plot(plot_id), flask.request.args
    try:
        from drawscape.tasks.photographs import LARGEST_PHOTOGRAPH, examine_upload

        flask.request.max_content_length = LARGEST_PHOTOGRAPH
        job = examine_upload(
            plot,
            given.get("file", ""),
            flask.request.get_data(),
            corners=orjson.loads(given.get("corners", "null")),
            sheet=int(given.get("sheet", "1")),
        )
    except (DrawscapeError, ValueError) as error:
        raise RequestRefused(409, str(error)) from error
    return flask.jsonify({"job": job.id})


def examined(plot_id: str, job_id: str) -> flask.Response:
    """Return the findings in a photograph, once it is examined; before that `{"ended": false}`.

    Raises RequestRefused: 404 for a job that examines no photograph, 409 with the reason if the sheet is
    not seen in it.
    """
    find_plot(plot_id)
    job = get_job(job_id)
    if not job.task.endswith(".examine_photograph"):
        raise RequestRefused(404, f"job {job_id!r} examines no photograph")
    if job.status == "failed":
        raise RequestRefused(409, (last_line(job.error) or "").partition(": ")[2])
    told = job.result if job.status == "finished" else {}
    return flask.jsonify({"ended": job.ended, **told})


def sheet(plot_id: str) -> flask.Response:
    """Return the photographed sheet as a scan would show it, a JPEG; raises RequestRefused with 404."""
    picture = find_plot(plot_id).folder / "sheet.jpg"
    if not picture.is_file():
        raise RequestRefused(404, f"no photograph of plot {plot_id!r} has been examined")
    return flask.send_file(picture, "image/jpeg", max_age=0)
