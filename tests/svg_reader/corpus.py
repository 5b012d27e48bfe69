# ruff: noqa: E501  (a drawing is read best on one line)
"""Small drawings in the manner of resvg's test suite, by what they exercise.

All are drawn in strokes, so that a picture of the lines that were read can be laid over the picture that
resvg makes of the file. The page is 200 x 200; what the root says of strokes is in HEAD.
"""

HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'width="200" height="200" viewBox="0 0 200 200" fill="none" stroke="black" stroke-width="2">'
)
LINE, SHORT = '<path d="M20,100H180"/>', '<path d="M20,30H90"/>'
STAR = "M100,20L150,180L20,80H180L50,180Z"
THREE = '<path d="M20,40H180" class="one"/><path d="M20,80H180" class="two x"/><rect x="20" y="110" width="90" height="40"/>'
BOX = '<rect x="50" y="50" width="60" height="100"/>'
CLIP = f'<clipPath id="c">{BOX}</clipPath>'
CLIPPED = f'<g clip-path="url(#c)">{LINE}</g>'
ERRORS = "1 outline holds errors; drawing goes up to the first"
TRANSPARENT = "what is fully transparent is not drawn"
NO_CLIP = "<{}> in a clip path is ignored; only shapes and <use> clip"
LOOP = "<{}> leads back to itself; it is not drawn"
IN_BOX = "{} in units of its element's box is not applied"

CORPUS = {
    "shapes": {
        "rect-rx-ry": '<rect x="20" y="30" width="100" height="60" rx="20" ry="5"/>',
        "rect-rx-too-large": '<rect x="20" y="30" width="100" height="60" rx="200" ry="10"/>',
        "rect-negative-rx": '<rect x="20" y="30" width="100" height="60" rx="-5" ry="20"/>',
        "rect-no-height": f'<rect x="20" y="30" width="60"/><rect x="20" y="30" width="0" height="50"/><ellipse cx="100" cy="100" rx="0" ry="60"/><polyline/>{LINE}',
        "polyline-text": (f'<polyline points="20,30 40,50 x 90,90"/>{LINE}', ERRORS),
    },
    "structure": {
        "not-drawn-where-it-stands": f'<defs>{LINE}</defs><symbol>{LINE}</symbol><pattern>{LINE}</pattern><marker>{LINE}</marker><clipPath>{LINE}</clipPath><mask>{LINE}</mask>{SHORT}',
        "use": f'<defs><g id="a">{LINE}</g></defs><use href="#a" y="20"/><use xlink:href="#a" y="-20"/>',
        "symbol": '<symbol id="s" viewBox="0 0 20 20"><path d="M0,0L20,20"/></symbol><use href="#s" x="20" y="20" width="160" height="80"/>',
        "symbol-visible": '<symbol id="s" viewBox="0 0 20 20" overflow="visible"><path d="M-10,5L30,20" stroke-width=".3"/></symbol><use href="#s" x="50" y="50" width="80" height="80"/>',
        "svg-nested": '<svg x="40" y="30" width="100" height="100" viewBox="0 0 10 10"><path d="M0,0L10,5" stroke-width=".2"/></svg>',
        "svg-clipped": '<svg x="40" y="30" width="100" height="100"><path d="M-30,-10L150,120"/></svg>',
        "svg-visible": '<svg x="40" y="30" width="100" height="100" overflow="visible"><path d="M-30,-10L150,120"/></svg>',
        "switch": f'<switch><path d="M20,20H90" systemLanguage="de"/><path d="M20,40H90" systemLanguage="en-GB"/>{LINE}</switch>',
        "display-none": f'<g display="none">{LINE}</g>{SHORT}',
        "opacity-zero": (f'<g opacity="0">{LINE}</g>{SHORT}', TRANSPARENT),
        "use-width-of-svg": '<defs><svg id="s" viewBox="0 0 10 10"><path d="M0,0L10,10" stroke-width=".2"/></svg></defs><use href="#s" x="20" y="20" width="80" height="80"/>',
        "use-missing": (f'<use href="#no"/>{LINE}', "<use> of nothing ('#no') is not drawn"),
        "use-external": (f'<use href="other.svg#a"/>{LINE}', "<use> of another file ('other.svg#a') is not drawn"),
        "use-both-hrefs": f'<defs><g id="a">{SHORT}</g><g id="b">{LINE}</g></defs><use href="#a" xlink:href="#b"/>',
        "use-self": (f'<use id="u" href="#u"/>{LINE}', LOOP.format("use")),
        "use-parent": (f'<g id="u"><g><use href="#u"/></g>{LINE}</g>', LOOP.format("g")),
        "svg-aspect-xMax-slice": '<svg x="20" y="20" width="150" height="50" viewBox="0 0 10 10" preserveAspectRatio="xMaxYMin slice"><path d="M0,0L10,10" stroke-width=".2"/></svg>',
        "svg-in-transform": '<g transform="rotate(20)"><svg x="60" y="30" width="100" height="60"><path d="M-30,-10L150,120"/></svg></g>',
        "switch-none-fits": f'<switch><path d="M20,20H90" systemLanguage="de"/></switch>{LINE}',
        "switch-group": f'<switch><g systemLanguage="en">{SHORT}{LINE}</g><path d="M20,20H90"/></switch>',
        "switch-features": (f'<switch><path d="M20,20H90" requiredFeatures="http://no.org"/>{LINE}</switch>', "", '<path d="M20,20H90"/>'),
        "switch-empty-extension": f'<switch><path d="M20,20H90" requiredExtensions=""/>{LINE}</switch>',
        "a-in-clip": (f'<clipPath id="c"><a>{BOX}</a></clipPath>{CLIPPED}{SHORT}', NO_CLIP.format("a")),
        "style-attr-bad": (f'<g style="stroke-width:8;;foo;bar:;stroke-dasharray:20 10">{LINE}</g>', "", '<path d="M20,100H180" stroke-width="8" stroke-dasharray="20 10"/>'),
        "foreign-namespace": f'<x:g xmlns:x="http://x.org">{LINE}</x:g>{SHORT}',
        "script": (f'<script>alert(1)</script>{LINE}', "scripts are not run; what they change is drawn as the file has it"),
        "visibility-use": f'<defs><path id="a" visibility="hidden" d="M20,60H90"/></defs><use href="#a" visibility="visible"/>{SHORT}',
        "opacity-percent-zero": (f'<g opacity="0%">{LINE}</g>{SHORT}', TRANSPARENT),
        "isolation": (f'<g style="isolation:isolate;mix-blend-mode:multiply">{LINE}</g>', "mix-blend-mode is not applied"),
    },
    "transform": {
        "malformed": ('<path transform="wiggle(3)" d="M20,30H90"/>', "the transform 'wiggle(3)' is not applied"),
        "rotate-two-numbers": (f'<g transform="rotate(30 100)">{LINE}</g>', "the transform 'rotate(30 100)' is not applied"),
        "scale-zero": f'<g transform="scale(0)">{LINE}</g>{SHORT}',
        "commas": (f'<g transform="translate(10,,20)">{LINE}</g>{SHORT}', "the transform 'translate(10,,20)' is not applied"),
        "on-circle": '<circle transform="skewX(30)" cx="60" cy="100" r="40"/>',
        "on-svg": '<svg transform="translate(20 20)" width="100" height="100"><path d="M0,0L100,50"/></svg>',
        "stroke-scaled": '<g transform="scale(8)"><path d="M3,10H20" stroke-width="1"/></g>',
    },
    "css": {
        "classes": f'<style>.two.x{{display:none}} .two.y{{display:inline}}</style>{THREE}',
        "important": f'<style>.c{{display:none !important}}</style><path class="c" style="display:inline" d="M20,30H90"/>{LINE}',
        "style-wins": '<style>path{display:none}</style><path style="display:inline" d="M20,30H90"/>',
        "media": (f'<style>@media print{{path{{display:none}}}}</style>{LINE}', "the style rule '@media print' is not applied"),
        "nth-child": (f'<style>path:nth-child(3){{display:none}}</style>{THREE}', "", '<path d="M20,40H180"/><rect x="20" y="110" width="90" height="40"/>'),
        "root": (f'<style>:root{{stroke-width:8}}</style>{LINE}', "", f'<g stroke-width="8">{LINE}</g>'),
        "var": (f'<style>path{{stroke-width:var(--c)}}</style>{LINE}', "calc(), var() and their like are not computed; write the value out"),
        "style-after": f'{LINE}{SHORT}<style>path{{stroke-dasharray:20 10}}</style>',
        "import": (f'<style>@import url(x.css); .two{{display:none}}</style>{THREE}', "the style rule '@import url(x.css)' is not applied"),
        "bad-rule": (f'<style>path{{{{}}}} .two{{display:none}}</style>{THREE}', "the style rule 'path { ... {' is not applied"),
        "bad-selector-in-list": (f'<style>.two,???{{display:none}}</style>{THREE}', "the style rule '.two,???' is not applied"),
        "link": f'<style>:link{{display:none}}</style><a href="x">{LINE}</a>{SHORT}',
        "pseudo-element": f'<style>path::before{{display:none}}</style>{THREE}',
        "font-size": '<style>g{font-size:20px}</style><g><line x1="1em" y1="1em" x2="8em" y2="4em"/></g>',
        "geometry": ('<style>circle{r:60px;cx:100px;cy:90px}</style><circle/>', "", '<circle cx="100" cy="90" r="60"/>'),
        "inherit-value": f'<style>path{{stroke-width:inherit}}</style><g stroke-width="9">{LINE}</g>',
        "initial": f'<style>path{{stroke-dasharray:initial}}</style><g stroke-dasharray="20">{LINE}</g>',
    },
    "units": {
        "em": '<g font-size="20"><line x1="1em" y1="1em" x2="8em" y2="4em"/></g>',
        "stroke-percent": '<path stroke-width="3%" d="M20,30H90"/>',
        "unknown": f'<line x1="20foo" y1="20" x2="120" y2="80"/>{LINE}',
        "percent-circle-r": '<svg width="100" height="200"><circle cx="50%" cy="50%" r="20%"/></svg>',
        "space-before": ('<line x1=" 20" y1="20 " x2="120" y2="80"/>', "", '<line x1="20" y1="20" x2="120" y2="80"/>'),
    },
    "painting": {
        "transparent": (f'<g stroke="transparent">{LINE}</g>{SHORT}', TRANSPARENT),
        "width-zero": f'<g stroke-width="0">{LINE}</g>{SHORT}',
        "opacity-zero": (f'<g stroke-opacity="0">{LINE}</g>{SHORT}', TRANSPARENT),
        "current-color": f'<g color="red" stroke="currentColor">{LINE}</g>',
        "no-server": (f'<g stroke="url(#no)">{LINE}</g>{SHORT}', "the paint 'url(#no)' is not in the file; nothing is drawn with it"),
        "gradient": ('<linearGradient id="q"><stop stop-color="navy"/><stop offset="1" stop-color="red"/></linearGradient><g stroke="url(#q)"><path d="M20,30L90,60"/></g>', "gradients are drawn in the colour of their darkest stop"),
        "gradient-that-fades-in": ('<linearGradient id="q"><stop stop-opacity="0"/><stop offset="1" stop-color="red"/></linearGradient><g stroke="url(#q)"><path d="M20,30L90,60"/></g>', "gradients are drawn in the colour of their darkest stop"),
        "fill-transparent": (f'<g stroke="none" fill="#fff0"><rect width="40" height="40"/><circle r="9"/></g>{SHORT}', f"{TRANSPARENT} (2 times)"),
        "text-transparent": (f'<text y="50" fill="none" stroke="transparent">ab</text>{SHORT}', "text that is fully transparent is not drawn"),
        "gradient-linked": '<linearGradient id="p"><stop stop-color="navy"/></linearGradient><radialGradient id="q" href="#p"/><path stroke="url(#q)" d="M20,30L90,60"/>',
        "pattern": ('<pattern id="p" width="20" height="9" patternUnits="userSpaceOnUse"><rect width="12" height="9" fill="black" stroke="none" stroke-width=".5"/></pattern><path stroke="url(#p)" stroke-dasharray="25 7" d="M20,30H90"/>', "patterns are not drawn; what they fill is outlined in black"),
        "light-dark": (f'<g stroke="#fff"><g style="stroke:light-dark(rgb(0, 0, 0), #fff)">{LINE}</g></g>', "", LINE),
        "dash": f'<g stroke-dasharray="20 10">{LINE}</g>',
        "dash-offset": f'<g stroke-dasharray="20 10" stroke-dashoffset="7">{LINE}</g>',
        "dash-uneven": '<g transform="scale(1.8 .6)" stroke-dasharray="12"><circle cx="55" cy="160" r="40"/></g>',
        "dash-negative": f'<g stroke-dasharray="20 -10">{LINE}</g>',
        "hsl": (f'<g stroke="hsl(120deg, 100%, 20%)">{LINE}</g>', "", LINE),
        "hsla-zero": (f'<g stroke="hsla(120, 100%, 20%, 0)">{LINE}</g>{SHORT}', TRANSPARENT),
        "width-bad": f'<g stroke-width="thick">{LINE}</g>',
        "server-empty-fallback": f'<linearGradient id="q"/><g stroke="url(#q) red">{LINE}</g>',
        "server-none-fallback": f'<g stroke="url(#no) none">{LINE}</g>{SHORT}',
        "dash-all-zero": f'<g stroke-dasharray="0 0">{LINE}</g>',
        "white-on-black": (f'<g><path d="M20,100H180" stroke="#fefefe"/></g>{SHORT}', "white outlines on white paper are not drawn"),
    },
    "clipping": {
        "rect": f'{CLIP}{CLIPPED}',
        "path-nonzero": f'<clipPath id="c"><path d="{STAR}"/></clipPath><g clip-path="url(#c)"><path d="M10,100H190M10,130H190"/></g>',
        "path-evenodd": f'<clipPath id="c"><path d="{STAR}" clip-rule="evenodd"/></clipPath><g clip-path="url(#c)"><path d="M10,100H190M10,130H190"/></g>',
        "rule-inherited": f'<g clip-rule="evenodd"><clipPath id="c"><path d="{STAR}"/></clipPath><g clip-path="url(#c)"><path d="M10,100H190M10,130H190"/></g></g>',
        "box-units": ('<clipPath id="c" clipPathUnits="objectBoundingBox"><rect x=".25" y="0" width=".5" height="1"/></clipPath><g clip-path="url(#c)"><rect x="40" y="60" width="120" height="80"/></g>', IN_BOX.format("clip-path")),
        "transform": f'<clipPath id="c"><rect x="50" y="50" width="60" height="100" transform="rotate(20 80 100)"/></clipPath>{CLIPPED}',
        "own-transform": f'<clipPath id="c" transform="translate(20 0)">{BOX}</clipPath>{CLIPPED}',
        "nested": f'{CLIP}<clipPath id="d" clip-path="url(#c)"><rect x="80" y="0" width="90" height="200"/></clipPath><g clip-path="url(#d)">{LINE}</g>',
        "on-child": f'{CLIP}<clipPath id="d"><rect clip-path="url(#c)" x="80" y="0" width="90" height="200"/></clipPath><g clip-path="url(#d)">{LINE}</g>',
        "hidden-child": f'<clipPath id="c">{BOX}<rect x="120" y="50" width="60" height="100" display="none"/></clipPath>{CLIPPED}',
        "group-in-clip": (f'<clipPath id="c"><g><rect width="200" height="200"/></g>{BOX}</clipPath>{CLIPPED}', NO_CLIP.format("g")),
        "empty": f'<clipPath id="c"></clipPath>{CLIPPED}{SHORT}',
        "line": f'<clipPath id="c"><line x1="20" x2="180" y1="100" y2="100" stroke-width="20"/></clipPath>{CLIPPED}{SHORT}',
        "of-clip-itself": (f'<clipPath id="c" clip-path="url(#c)">{BOX}</clipPath>{CLIPPED}{SHORT}', LOOP.format("clipPath") + " (2 times)"),
        "loop": (f'<clipPath id="c" clip-path="url(#d)">{BOX}</clipPath><clipPath id="d" clip-path="url(#c)">{BOX}</clipPath>{CLIPPED}{SHORT}', LOOP.format("clipPath") + " (3 times)"),
        "on-shape": f'{CLIP}<rect x="20" y="60" width="150" height="60" clip-path="url(#c)"/>',
        "on-svg": f'{CLIP}<svg clip-path="url(#c)">{LINE}</svg>',
        "units-user-on-g": f'<clipPath id="c" clipPathUnits="userSpaceOnUse">{BOX}</clipPath><g clip-path="url(#c)"><g transform="scale(.5)">{LINE}</g></g>',
        "use-of-group": (f'<defs><g id="r">{BOX}</g></defs><clipPath id="c"><use href="#r"/></clipPath>{CLIPPED}{SHORT}', NO_CLIP.format("use")),
        "use-transform": f'<defs><rect id="r" width="60" height="100"/></defs><clipPath id="c"><use href="#r" transform="rotate(10)" x="50" y="50"/></clipPath>{CLIPPED}',
        "own-transform-on-use": f'<clipPath id="c" transform="rotate(40)">{BOX}</clipPath><use href="#a" x="70" y="-20" clip-path="url(#c)"/><defs><path id="a" d="M0,100H180"/></defs>',
        "not-a-clip": (f'<g id="c">{BOX}</g>{CLIPPED}', "", f'{BOX}{LINE}'),
    },
}  # fmt: skip
"""By category and name: what a file holds.

Then what the report says of it, if anything; and where resvg draws it otherwise than browsers, what they
draw, in words that resvg knows.
"""
