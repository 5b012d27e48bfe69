"""Files as other programs write them, by hand and small, and vpype as the independent reader."""

import pytest

INKSCAPE = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<!-- Created with Inkscape (http://www.inkscape.org/) -->
<svg width="210mm" height="297mm" viewBox="0 0 210 297" version="1.1" id="svg5"
   inkscape:version="1.3.2" sodipodi:docname="leaf.svg"
   xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"
   xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd"
   xmlns="http://www.w3.org/2000/svg" xmlns:svg="http://www.w3.org/2000/svg">
  <sodipodi:namedview id="namedview7" pagecolor="#ffffff" inkscape:document-units="mm" />
  <defs id="defs2"><path id="unseen" d="M 0,0 H 500" /></defs>
  <g inkscape:label="1 outline" inkscape:groupmode="layer" id="layer1"
     transform="translate(10.5,-3.25)">
    <path style="fill:none;stroke:#1b1b1b;stroke-width:0.264583px"
       d="m 20.410714,65.455357 c 10.1,-5.2 20.5,12.25 36.285715,-6.803571 l 12,0 0,14 h -5.5 v 7
          s 5,5 -12,8 z m 40,40 10,0 5,12.5 z" id="path31" inkscape:connector-curvature="0" />
    <rect style="fill:none;stroke:#1b1b1b" id="rect55" width="34.018" height="12.47"
       x="90.7" y="82.3" ry="3.5" />
    <g transform="matrix(0.8660254,0.5,-0.5,0.8660254,80,20)" style="display:inline">
      <ellipse cx="22" cy="14.5" rx="9.25" ry="4" style="fill:none;stroke:#1b1b1b" />
      <g transform="rotate(30) scale(1.5,0.5)"><circle cx="40" cy="10" r="6" /></g>
    </g>
  </g>
  <g inkscape:label="2 veins" inkscape:groupmode="layer" id="layer2" style="stroke:#d40000">
    <path d="M 30,200 Q 55,170 80,200 T 130,200" style="fill:none" />
    <path d="m 30,230 a 25,12.5 -30 0 1 50,-25 25,25 0 1 0 20,20" style="fill:none" />
    <path d="M 10,10 L 20,20" style="display:none" />
  </g>
</svg>
"""

ILLUSTRATOR = """<?xml version="1.0" encoding="utf-8"?>
<!-- Generator: Adobe Illustrator 24.0.1, SVG Export Plug-In . SVG Version: 6.00 Build 0)  -->
<svg version="1.1" id="Ebene_1" xmlns="http://www.w3.org/2000/svg"
     xmlns:xlink="http://www.w3.org/1999/xlink" x="0px" y="0px" viewBox="0 0 595.28 841.89"
     width="595.28px" height="841.89px" style="enable-background:new 0 0 595.28 841.89;"
     xml:space="preserve">
<style type="text/css">
    .st0{fill:none;stroke:#E30613;stroke-miterlimit:10;}
    .st1{fill:none;stroke:#009FE3;stroke-width:2;stroke-miterlimit:10;}
</style>
<g id="Layer_1">
    <path class="st0" d="M147.4,246.61c0-54.32,44.03-98.35,98.35-98.35s98.35,44.03,98.35,98.35
        -44.03,98.35-98.35,98.35
        S147.4,300.93,147.4,246.61z"/>
    <line class="st0" x1="80.5" y1="400" x2="500.25" y2="400.75"/>
    <polygon class="st0" points="300,500 350,500 375,543.3 350,586.6 300,586.6 275,543.3 "/>
</g>
<g id="Layer_2">
    <polyline class="st1" points="100,650 150.5,600.25 200-.5 250.5,.75 "/>
    <path class="st1" d="M100.5.5l10-5-.5.25.75.5-3.25-1.5zm50,50h10v10h-10z"/>
    <rect x="420" y="120" transform="matrix(0.7071 -0.7071 0.7071 0.7071 40.5 340.2)" class="st1"
        width="80" height="60"/>
</g>
</svg>
"""

DRAWSVG = """<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
     width="400" height="300" viewBox="-200 -150 400 300">
<defs>
<g id="d0"><circle cx="0" cy="0" r="12.5" fill="none" stroke="black" /></g>
</defs>
<g id="1">
<path d="M-190,-100 L-150.5,-60.25 L-110,-100" stroke="black" fill="none" />
<path d="M-100,-100 A40,25,0,0,1,-40,-60 A40,25,15,1,1,0,0" stroke="black" fill="none" />
<path d="M20,20 C60,20,60,60,100,60 S140,100,180,100" stroke="black" fill="none" />
</g>
<g id="2">
<use xlink:href="#d0" x="30" y="-40" stroke="red" />
<use xlink:href="#d0" transform="translate(80,-60) scale(2,1)" />
<rect x="-180" y="50" width="60" height="40" rx="8" ry="12" fill="none" stroke="blue" />
</g>
</svg>
"""

CORPUS = {"inkscape": INKSCAPE, "illustrator": ILLUSTRATOR, "drawsvg": DRAWSVG}


@pytest.fixture(params=sorted(CORPUS))
def foreign_svg(request, tmp_path):
    """The path of a file in the manner of another program."""
    path = tmp_path / f"{request.param}.svg"
    path.write_text(CORPUS[request.param], encoding="utf-8")
    return path
