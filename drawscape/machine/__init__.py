"""Drive a pen plotter stroke by stroke, and continue where it stopped.

Read plan.py (a document as strokes), plot.py (what happened to it), driver.py and then gcode, ebb or hpgl.
Then run.py draws a plan with a driver, and device.py knows the machines of a home. A machine without hardware
is in simulator.py. Nothing here knows about jobs.
"""
