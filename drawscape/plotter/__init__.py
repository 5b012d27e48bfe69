"""Drive a pen plotter stroke by stroke, and go on where it stopped.

Read plan.py (a document as strokes), journal.py and plot.py (what happened to a plot), driver.py with the
drivers beside it (grbl, marlin, ebb, hpgl), and run.py, which draws a plan with a driver. simulator.py is
a machine without hardware; nothing here knows of jobs.
"""
