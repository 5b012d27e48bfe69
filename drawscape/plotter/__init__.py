"""Drive a pen plotter stroke by stroke, and go on where it stopped.

Read plan.py (a document as strokes), plot.py (what happened to it), driver.py and then gcode, ebb or hpgl.
run.py draws a plan with a driver; device.py knows the machines of a home. simulator.py is a machine without
hardware. Nothing here knows of jobs.
"""
