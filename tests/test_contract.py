"""Every example of the API's document, word for word, with `libraries.` read as `drawscape.`.

The document is that of the service whose callers move over; the blueprint example is tested with the
web front (tests/web/test_web_jobs.py).
"""

import os
import sys
import textwrap
from datetime import datetime
from pathlib import Path

import pytest
from support import with_root

USAGE = """
from drawscape.job_manager import enqueue_background_job, get_job_status

def your_function():
    # Queue any background task
    job = enqueue_background_job(
        'workers.svg_tasks.generate_complex_svg',
        width=200,
        height=200,
        pattern_type='spiral',
        output_filename='output.svg'
    )
    
    # Store job.id if you need to track progress
    return {"processing": True, "job_id": job.id}
"""

STATUS = """
status = get_job_status(job_id)

if status['status'] == 'finished':
    file_path = status['result']
    # Process the completed file
elif status['status'] == 'failed':
    error = status['error']
    # Handle the error
else:
    # Still processing: 'queued', 'started', etc.
    pass
"""

SVG = """
job = enqueue_background_job(
    'workers.svg_tasks.generate_complex_svg',
    width=210,
    height=297,
    pattern_type='spiral',
    output_filename='complex_spiral.svg'
)
"""

MAIL = """
job = enqueue_background_job(
    'workers.email_tasks.send_notification',
    recipient='user@example.com',
    subject='Your order is ready',
    template='order_complete'
)
"""

DATA = """
job = enqueue_background_job(
    'workers.data_tasks.process_file',
    file_path='/uploads/data.csv',
    format='json',
    job_timeout='15m'
)
"""

FILES = """
job = enqueue_background_job(
    'workers.file_tasks.process_batch',
    file_list=['file1.csv', 'file2.csv', 'file3.csv'],
    operation='convert_to_json',
    job_timeout='20m'
)
"""

OWN_TASK = '''
def generate_postcard_svg(recipient, message, template_name):
    """Generate a postcard with custom message"""
    from drawscape.svg_builder import SVGBuilder
    import os
    
    svg = SVGBuilder(210, 148)  # A6 postcard size
    
    # Add template design and message
    if template_name == 'birthday':
        # Add birthday decorations
        pass
    
    svg.hershey_text(105, 74, message, 0.5)
    
    # Save and return path
    filename = f"postcard_{recipient}_{template_name}.svg"
    output_path = os.path.join('output', 'postcards', filename)
    
    with open(output_path, 'w') as f:
        f.write(svg.to_string())
        
    return output_path
'''

POSTCARD = """
job = enqueue_background_job(
    'workers.svg_tasks.generate_postcard_svg',
    recipient='John Doe',
    message='Happy Birthday!',
    template_name='birthday',
    job_timeout='2m'
)
"""


def run(source, **names):
    """Run an example as a caller would paste it and return its names."""
    exec("from drawscape.job_manager import enqueue_background_job, get_job_status", names)
    exec(source, names)
    return names


@pytest.fixture(scope="module")
def home(worked_home):
    for number in (1, 2, 3):
        (worked_home / f"file{number}.csv").write_text(f"name,number\npen,{number}\n")
    return worked_home


def test_basic_usage_and_the_status_check(home):
    your_function = run(USAGE)["your_function"]
    answer = your_function()
    assert answer["processing"] is True
    from drawscape.job_manager import get_job

    get_job(answer["job_id"]).wait(60)
    names = run(STATUS, job_id=answer["job_id"])
    assert names["file_path"] == str(home / "output" / "output.svg")
    assert Path(names["file_path"]).read_text().startswith("<?xml")
    status = names["status"]
    assert list(status)[:4] == ["id", "status", "result", "error"]
    assert status["error"] is None
    for key in ("created_at", "started_at", "ended_at"):
        assert isinstance(status[key], datetime)


def test_svg_generation(home):
    job = run(SVG)["job"]
    assert job.wait(60) == str(home / "output" / "complex_spiral.svg")


def test_email_notifications_are_written_where_no_server_is_set(home):
    answer, _, written = run(MAIL)["job"].wait(60).partition("; written to ")
    assert answer == "not sent, since DRAWSCAPE_SMTP_HOST is not set"
    path = Path(written)
    assert path.parent == home / "output" / "mail"
    assert "Your order is ready" in path.read_text()


def test_batch_operations(home):
    report = run(FILES)["job"].wait(60)
    assert report
    made = {path.name for path in (home / "output").rglob("file*.json")}
    assert made == {"file1.json", "file2.json", "file3.json"}


def test_a_file_outside_of_the_allowed_folders_is_a_named_failure(home):
    from drawscape.errors import JobFailed

    with pytest.raises(JobFailed, match="DRAWSCAPE_DATA_DIRS"):
        run(DATA)["job"].wait(60)


UPLOADS = """
mkdir -p uploads
mount -t tmpfs tmpfs uploads
printf 'name,number\\npen,1\\n' > uploads/data.csv
"""


def test_data_processing_reads_the_uploads_folder(tmp_path):
    """In a root of its own, so that `/uploads/data.csv` is there as the example has it."""
    (tmp_path / "home" / ".drawscape").mkdir(parents=True)
    (tmp_path / "root").mkdir()
    script = tmp_path / "script.py"
    script.write_text(
        "from drawscape.job_manager import *\nworker = start_worker(1)\ntry:\n"
        + textwrap.indent(DATA, "    ")
        + "\n    print(open(job.wait(60)).read())\nfinally:\n    worker.stop()\n"
    )
    folders = {"DRAWSCAPE_HOME": str(tmp_path / "home"), "DRAWSCAPE_DATA_DIRS": "/uploads"}
    done = with_root(tmp_path / "root", UPLOADS, sys.executable, str(script), **folders)
    assert '"pen"' in done.stdout


def test_creating_new_tasks_runs_the_projects_function_as_it_stands_in_the_document(home):
    file = home / "workers" / "svg_tasks.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(OWN_TASK)
    try:
        result = run(POSTCARD)["job"].wait(60)
        assert Path(run(SVG)["job"].wait(60)).name == "complex_spiral.svg"  # the library's
    finally:
        file.unlink()
    assert result == os.path.join("output", "postcards", "postcard_John Doe_birthday.svg")
    assert (home / result).read_text().startswith("<?xml")


def test_the_postcard_of_the_document_is_drawn(home):
    path = Path(run(POSTCARD)["job"].wait(60))
    assert path.is_relative_to(home / "output")
    assert path.read_text().count("<path") + path.read_text().count("<polyline") > 20
