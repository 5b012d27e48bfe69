# ruff: noqa: E501  (a drawing is read best on one line)
"""Small drawings in the manner of resvg's test suite, by what they exercise.

All are drawn in strokes, so that a picture of the lines that were read can be laid over the picture that
resvg makes of the file. The page is 200 x 200; what the root says of strokes is in HEAD.
"""

HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'width="200" height="200" viewBox="0 0 200 200" fill="none" stroke="black" stroke-width="2">'
)
_L = '<path d="M20,100H180"/>'
_STAR = "M100,20L150,180L20,80H180L50,180Z"


def _markers(
    marker: str, body: str, content: str = '<path d="M0,0L10,5L0,10Z" stroke-width="1"/>'
) -> str:
    return f'<marker id="m" {marker}>{content}</marker>{body}'


def _clip(clip: str, body: str = _L, attributes: str = "") -> str:
    return f'<clipPath id="c" {attributes}>{clip}</clipPath><g clip-path="url(#c)">{body}</g>'


def _mask(mask: str, body: str = _L, attributes: str = "") -> str:
    return f'<mask id="k" {attributes}>{mask}</mask><g mask="url(#k)">{body}</g>'


def _css(rules: str, body: str) -> str:
    return f"<style>{rules}</style>{body}"


_USER = 'maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"'
_BLUE = '<g id="a"><path d="M20,40H180" class="one"/><path d="M20,80H180" class="two x"/></g>'

CORPUS: dict[str, dict[str, str]] = {
    "shapes": {
        "rect": '<rect x="20" y="30" width="100" height="60"/>',
        "rect-rounded": '<rect x="20" y="30" width="100" height="60" rx="20"/>',
        "rect-rx-ry": '<rect x="20" y="30" width="100" height="60" rx="20" ry="5"/>',
        "rect-rx-too-large": '<rect x="20" y="30" width="100" height="60" rx="200" ry="10"/>',
        "rect-negative-rx": '<rect x="20" y="30" width="100" height="60" rx="-5" ry="20"/>',
        "rect-percent": '<rect x="10%" y="15%" width="50%" height="30%"/>',
        "rect-no-width": f'<rect x="20" y="30" height="60"/>{_L}',
        "circle": '<circle cx="100" cy="100" r="70"/>',
        "circle-percent": '<circle cx="50%" cy="50%" r="35%"/>',
        "circle-no-r": f'<circle cx="100" cy="100"/>{_L}',
        "ellipse": '<ellipse cx="100" cy="100" rx="80" ry="30"/>',
        "ellipse-one-radius": '<ellipse cx="100" cy="100" rx="60"/>',
        "ellipse-negative": '<ellipse cx="100" cy="100" rx="-60" ry="30"/>',
        "line": '<line x1="20" y1="30" x2="180" y2="150"/>',
        "polyline": '<polyline points="20,30 180,150 20,150"/>',
        "polygon": '<polygon points="20,30 180,150 20,150"/>',
        "polyline-odd": '<polyline points="20,30 180,150 20,150 7"/>',
        "path-all": '<path d="M20,20h50v20l20,20H180V90c0,40-40,40-80,0s-40,40-80,40q20,30,50,30t60,0a30,15,20,0,1,30,20z"/>',
        "path-implicit": '<path d="m20 20 100 20 30 60z m0 80 100 20z"/>',
        "path-error": '<path d="M20,20L180,60L20,100 X 30,30"/>',
    },
    "structure": {
        "use": f'<defs><g id="a">{_L}</g></defs><use href="#a" y="20"/><use xlink:href="#a" y="-20"/>',
        "use-transform": f'<defs>{_BLUE}</defs><use href="#a" transform="rotate(20 100 60)"/>',
        "use-style": '<defs><path id="a" d="M20,40H180"/></defs><use href="#a" stroke="red"/>',
        "use-loop": f'<g id="a"><use href="#a"/>{_L}</g>',
        "use-css": _css("#u{stroke:red}", f'<defs>{_BLUE}</defs><use id="u" href="#a"/>'),
        "symbol": '<symbol id="s" viewBox="0 0 20 20"><path d="M0,0L20,20"/></symbol>'
        '<use href="#s" x="20" y="20" width="160" height="80"/>',
        "symbol-clipped": '<symbol id="s" viewBox="0 0 20 20"><path d="M-20,5L40,20" stroke-width=".3"/>'
        '</symbol><use href="#s" x="50" y="50" width="80" height="80"/>',
        "symbol-visible": '<symbol id="s" viewBox="0 0 20 20" overflow="visible">'
        '<path d="M-10,5L30,20" stroke-width=".3"/></symbol><use href="#s" x="50" y="50" width="80" height="80"/>',
        "svg-nested": '<svg x="40" y="30" width="100" height="100" viewBox="0 0 10 10"><path d="M0,0L10,5" stroke-width=".2"/></svg>',
        "svg-clipped": '<svg x="40" y="30" width="100" height="100"><path d="M-30,-10L150,120"/></svg>',
        "svg-visible": '<svg x="40" y="30" width="100" height="100" overflow="visible"><path d="M-30,-10L150,120"/></svg>',
        "svg-slice": '<svg x="40" y="30" width="100" height="50" viewBox="0 0 10 10" preserveAspectRatio="xMidYMax slice"><path d="M0,0L10,10" stroke-width=".2"/></svg>',
        "svg-percent": '<svg x="10%" y="10%" width="50%" height="50%"><path d="M0,0H200"/></svg>',
        "svg-in-use": '<svg id="a" width="50" height="50"><path d="M0,10H90"/></svg><use href="#a" x="60" y="60" width="80" height="80"/>',
        "switch": f'<switch><path d="M20,20H90" systemLanguage="de"/><path d="M20,40H90" systemLanguage="en-GB"/>{_L}</switch>',
        "switch-first": f'<switch>{_L}<path d="M20,20H90"/></switch>',
        "switch-unknown": f'<switch><x:y xmlns:x="http://x.org/">a</x:y>{_L}</switch>',
        "switch-extension": f'<switch><path d="M20,20H90" requiredExtensions="http://x.org"/>{_L}</switch>',
        "g-transform": f'<g transform="translate(10 20) rotate(15)">{_L}</g>',
        "a": f'<a xlink:href="x">{_L}</a>',
        "defs": f"<defs>{_L}</defs><path d='M20,30H90'/>",
        "unknown": f"<wobble>{_L}</wobble><path d='M20,30H90'/>",
        "display-none": f'<g display="none">{_L}</g><path d="M20,30H90"/>',
        "visibility": f'<g visibility="hidden">{_L}<path visibility="visible" d="M20,30H90"/></g>',
        "visibility-collapse": f'<g visibility="collapse">{_L}</g><path d="M20,30H90"/>',
        "opacity-zero": f'<g opacity="0">{_L}</g><path d="M20,30H90"/>',
    },
    "transform": {
        "matrix": f'<g transform="matrix(1 .2 -.3 .8 30 10)">{_L}</g>',
        "skew": f'<g transform="skewX(20) skewY(-10)">{_L}</g>',
        "scale-uneven": '<g transform="scale(1.5 .5)"><circle cx="60" cy="150" r="40"/></g>',
        "mirror": '<g transform="translate(200) scale(-1 1)"><path d="M20,20A60,30,0,0,1,120,120"/></g>',
        "list": f'<g transform="translate(20,0),rotate(30)\n scale(.8)">{_L}</g>',
        "compact": f'<g transform="translate(10-20)rotate(1e1)">{_L}</g>',
        "nested": f'<g transform="rotate(10)"><g transform="scale(.9)"><g transform="translate(5 5)">{_L}</g></g></g>',
        "malformed": '<path transform="wiggle(3)" d="M20,30H90"/>',
    },
    "css": {
        "tag": _css("path{stroke:red}", _L),
        "child": _css("g>path{display:none}", f"<g>{_L}</g><path d='M20,30H90'/>"),
        "descendant": _css(
            "#o path{display:none}", f"<g id='o'><g>{_L}</g></g><path d='M20,30H90'/>"
        ),
        "class": _css(".two{display:none}", _BLUE),
        "classes": _css(".two.x{display:none} .two.y{display:inline}", _BLUE),
        "attribute": _css('[class="one"]{display:none}', _BLUE),
        "attribute-word": _css("[class~=x]{display:none}", _BLUE),
        "attribute-any": _css("path[class]{display:none}", f'{_BLUE}<path d="M20,30H90"/>'),
        "first-child": _css("path:first-child{display:none}", _BLUE),
        "adjacent": _css(".one + path{display:none}", _BLUE),
        "list": _css(".one,.two{display:none}", f'{_BLUE}<path d="M20,30H90"/>'),
        "star": _css("*{stroke-width:6}", _L),
        "weight": _css(
            "#i{display:inline} .c{display:none}", '<path id="i" class="c" d="M20,30H90"/>'
        ),
        "order": _css(".c{display:none} .c{display:inline}", '<path class="c" d="M20,30H90"/>'),
        "important": _css(
            ".c{display:none !important}",
            f'<path class="c" style="display:inline" d="M20,30H90"/>{_L}',
        ),
        "attribute-loses": _css("path{display:inline}", '<path display="none" d="M20,30H90"/>'),
        "style-wins": _css("path{display:none}", '<path style="display:inline" d="M20,30H90"/>'),
        "comment": _css("/* path{display:none} */ .no{display:none}", _L),
        "cdata": _css("<![CDATA[ g > .two { display : none } ]]>", _BLUE),
        "inherit": '<g stroke-width="8"><path stroke-width="inherit" d="M20,30H90"/></g>',
        "media": _css("@media print{path{display:none}}", _L),
        "font-face": _css("@font-face{font-family:x;src:url(y)} .two{display:none}", _BLUE),
    },
    "units": {
        "px": '<rect x="20px" y="20px" width="100px" height="50px"/>',
        "mm": '<rect x="5mm" y="5mm" width="30mm" height="20mm"/>',
        "cm-in": '<line x1=".5cm" y1=".5cm" x2="1.5in" y2="1in"/>',
        "pt-pc": '<line x1="12pt" y1="1pc" x2="120pt" y2="8pc"/>',
        "em": '<g font-size="20"><line x1="1em" y1="1em" x2="8em" y2="4em"/></g>',
        "ex": '<g font-size="40"><line x1="1ex" y1="1ex" x2="8ex" y2="4ex"/></g>',
        "em-inherited": '<g font-size="10"><g font-size="200%"><line x1="1em" y1="1em" x2="8em" y2="4em"/></g></g>',
        "em-of-em": '<g font-size="10"><g font-size="2em"><rect x="1em" y="1em" width="5em" height="2em"/></g></g>',
        "stroke-percent": '<path stroke-width="3%" d="M20,30H90"/>',
    },
    "painting": {
        "none": f'<g stroke="none">{_L}</g><path d="M20,30H90"/>',
        "transparent": f'<g stroke="transparent">{_L}</g><path d="M20,30H90"/>',
        "rgba-zero": f'<g stroke="rgba(0,0,0,0)">{_L}</g><path d="M20,30H90"/>',
        "hex-zero": f'<g stroke="#0000">{_L}</g><path d="M20,30H90"/>',
        "width-zero": f'<g stroke-width="0">{_L}</g><path d="M20,30H90"/>',
        "opacity-zero": f'<g stroke-opacity="0">{_L}</g><path d="M20,30H90"/>',
        "current-color": f'<g color="red" stroke="currentColor">{_L}</g>',
        "no-server": f'<g stroke="url(#no)">{_L}</g><path d="M20,30H90"/>',
        "no-server-fallback": f'<g stroke="url(#no) red">{_L}</g>',
        "gradient": '<linearGradient id="q"><stop stop-color="navy"/><stop offset="1" stop-color="red"/></linearGradient><g stroke="url(#q)"><path d="M20,30L90,60"/></g>',
        "fill-transparent": '<g stroke="none" fill="#fff0"><rect width="40" height="40"/><circle r="9"/></g><path d="M20,30H90"/>',
        "text-transparent": '<text y="50" fill="none" stroke="transparent">ab</text><path d="M20,30H90"/>',
        "server-is-none": f'<g id="q" stroke="url(#q)">{_L}</g><path d="M20,30H90"/>',
        "gradient-linked": '<linearGradient id="p"><stop stop-color="navy"/></linearGradient><radialGradient id="q" href="#p"/><path stroke="url(#q)" d="M20,30L90,60"/>',
        "pattern": '<pattern id="p" width="9" height="9" patternUnits="userSpaceOnUse"><rect width="9" height="9" fill="black"/></pattern><path stroke="url(#p)" d="M20,30H90"/>',
        "white": f'<g stroke="white">{_L}</g><path d="M20,30H90"/>',
        "dash": f'<g stroke-dasharray="20 10">{_L}</g>',
        "dash-odd": f'<g stroke-dasharray="20 10 5">{_L}</g>',
        "dash-offset": f'<g stroke-dasharray="20 10" stroke-dashoffset="7">{_L}</g>',
        "dash-offset-negative": f'<g stroke-dasharray="20 10" stroke-dashoffset="-7">{_L}</g>',
        "dash-percent": f'<g stroke-dasharray="10% 5%">{_L}</g>',
        "dash-em": f'<g font-size="10" stroke-dasharray="2em 1em">{_L}</g>',
        "dash-scaled": '<g transform="scale(2)" stroke-dasharray="10"><path d="M10,10H90V90"/></g>',
        "dash-uneven": '<g transform="scale(1.8 .6)" stroke-dasharray="12"><circle cx="55" cy="160" r="40"/></g>',
        "dash-rect": '<rect x="20" y="30" width="100" height="60" stroke-dasharray="15 10"/>',
        "dash-subpaths": '<path d="M20,30H90M20,60H150" stroke-dasharray="15 10"/>',
        "dash-negative": f'<g stroke-dasharray="20 -10">{_L}</g>',
        "dash-zero": f'<g stroke-dasharray="0">{_L}</g>',
        "dash-none": '<g stroke-dasharray="20"><path stroke-dasharray="none" d="M20,30H90"/></g>',
        "dash-css": _css("path{stroke-dasharray:20,10}", _L),
    },
    "markers": {
        "end": _markers(
            'markerWidth="10" markerHeight="10" refX="0" refY="5"',
            '<path d="M20,100H100" marker-end="url(#m)"/>',
        ),
        "start": _markers(
            'markerWidth="10" markerHeight="10" refX="0" refY="5"',
            '<path d="M60,100H150" marker-start="url(#m)"/>',
        ),
        "mid": _markers(
            'markerWidth="10" markerHeight="10" refX="0" refY="5"',
            '<polyline points="20,100 60,60 100,100 150,90" marker-mid="url(#m)"/>',
        ),
        "auto": _markers(
            'markerWidth="10" markerHeight="10" refX="0" refY="5" orient="auto"',
            '<path d="M20,150L60,60L150,120" style="marker:url(#m)"/>',
        ),
        "reverse": _markers(
            'markerWidth="10" markerHeight="10" refY="5" orient="auto-start-reverse"',
            '<path d="M60,150L150,60" marker-start="url(#m)" marker-end="url(#m)"/>',
        ),
        "angle": _markers(
            'markerWidth="10" markerHeight="10" refY="5" orient="45"',
            '<path d="M60,150L150,60" marker-end="url(#m)"/>',
        ),
        "curve": _markers(
            'markerWidth="10" markerHeight="10" refY="5" orient="auto"',
            '<path d="M30,150C30,50 150,50 150,150" marker-start="url(#m)" marker-end="url(#m)"/>',
        ),
        "arc": _markers(
            'markerWidth="10" markerHeight="10" refY="5" orient="auto"',
            '<path d="M30,150A60,60,0,0,1,150,150" marker-start="url(#m)" marker-end="url(#m)"/>',
        ),
        "closed": _markers(
            'markerWidth="10" markerHeight="10" refY="5" orient="auto"',
            '<path d="M60,60H140V140Z" marker-start="url(#m)" marker-mid="url(#m)" marker-end="url(#m)"/>',
        ),
        "user-space": _markers(
            'markerUnits="userSpaceOnUse" markerWidth="30" markerHeight="30" refY="5"',
            '<path d="M20,100H100" marker-end="url(#m)"/>',
        ),
        "view-box": _markers(
            'viewBox="0 0 10 10" markerWidth="10" markerHeight="10" refX="5" refY="5"',
            '<path d="M20,100H100" marker-end="url(#m)"/>',
        ),
        "overflow": _markers(
            'markerWidth="5" markerHeight="5" refY="5" overflow="visible"',
            '<path d="M20,100H100" marker-end="url(#m)"/>',
        ),
        "clipped": _markers(
            'markerWidth="6" markerHeight="6" refY="5"',
            '<path d="M20,100H100" marker-end="url(#m)"/>',
        ),
        "line": _markers(
            'markerWidth="10" markerHeight="10" refY="5" orient="auto"',
            '<line x1="30" y1="30" x2="120" y2="90" marker-end="url(#m)"/>',
        ),
        "polygon": _markers(
            'markerWidth="10" markerHeight="10" refY="5" orient="auto"',
            '<polygon points="60,60 140,60 140,140" marker-mid="url(#m)"/>',
        ),
        "rect": _markers(
            'markerWidth="10" markerHeight="10"',
            '<rect x="20" y="30" width="100" height="60" marker-start="url(#m)"/>',
        ),
        "inherited": _markers(
            'markerWidth="10" markerHeight="10" refY="5"',
            '<g marker-end="url(#m)"><path d="M20,100H100"/></g>',
        ),
        "css": _markers(
            'markerWidth="10" markerHeight="10" refY="5"',
            _css("path.k{marker-end:url(#m)}", '<path class="k" d="M20,100H100"/>'),
        ),
        "missing": '<path d="M20,100H100" marker-end="url(#no)"/>',
        "use-in-marker": '<defs><path id="t" d="M0,0L10,5L0,10Z"/></defs>'
        + _markers(
            'markerWidth="10" markerHeight="10" refY="5"',
            '<path d="M20,100H100" marker-end="url(#m)"/>',
            '<use href="#t" stroke-width="1"/>',
        ),
        "no-stroke": _markers(
            'markerWidth="10" markerHeight="10" refY="5"',
            '<path stroke="none" d="M20,100H100" marker-end="url(#m)"/>',
        ),
        "loop": _markers(
            'markerWidth="10" markerHeight="10"',
            '<path d="M20,100H100" marker-end="url(#m)"/>',
            '<path d="M0,0L9,9" marker-end="url(#m)"/>',
        ),
    },
    "clipping": {
        "rect": _clip('<rect x="50" y="50" width="60" height="100"/>'),
        "circle": _clip(
            '<circle cx="100" cy="100" r="40"/>', '<rect x="30" y="90" width="140" height="40"/>'
        ),
        "path-nonzero": _clip(f'<path d="{_STAR}"/>', '<path d="M10,100H190M10,130H190"/>'),
        "path-evenodd": _clip(
            f'<path d="{_STAR}" clip-rule="evenodd"/>', '<path d="M10,100H190M10,130H190"/>'
        ),
        "rule-inherited": f'<g clip-rule="evenodd">{_clip(f"""<path d="{_STAR}"/>""", """<path d="M10,100H190M10,130H190"/>""")}</g>',
        "two-shapes": _clip(
            '<rect x="30" y="50" width="30" height="100"/><rect x="130" y="50" width="30" height="100"/>'
        ),
        "box-units": _clip(
            '<rect x=".25" y="0" width=".5" height="1"/>',
            '<rect x="40" y="60" width="120" height="80"/>',
            'clipPathUnits="objectBoundingBox"',
        ),
        "transform": _clip(
            '<rect x="50" y="50" width="60" height="100" transform="rotate(20 80 100)"/>'
        ),
        "own-transform": _clip(
            '<rect x="50" y="50" width="60" height="100"/>', _L, 'transform="translate(20 0)"'
        ),
        "on-transformed": '<clipPath id="c"><rect x="50" y="50" width="60" height="100"/></clipPath><path transform="translate(30 0)" clip-path="url(#c)" d="M0,100H180"/>',
        "nested": '<clipPath id="c"><rect x="50" y="50" width="60" height="100"/></clipPath><clipPath id="d" clip-path="url(#c)"><rect x="80" y="0" width="90" height="200"/></clipPath>'
        f'<g clip-path="url(#d)">{_L}</g>',
        "on-child": '<clipPath id="c"><rect x="50" y="50" width="60" height="100"/></clipPath><clipPath id="d"><rect clip-path="url(#c)" x="80" y="0" width="90" height="200"/></clipPath>'
        f'<g clip-path="url(#d)">{_L}</g>',
        "groups": '<clipPath id="c"><rect x="50" y="50" width="60" height="100"/></clipPath><clipPath id="d"><rect x="80" y="0" width="90" height="200"/></clipPath>'
        f'<g clip-path="url(#c)"><g clip-path="url(#d)">{_L}</g></g>',
        "use": '<defs><rect id="r" x="50" y="50" width="60" height="100"/></defs>'
        + _clip('<use href="#r" x="10"/>'),
        "hidden-child": _clip(
            '<rect x="50" y="50" width="60" height="100"/><rect x="120" y="50" width="60" height="100" display="none"/>'
        ),
        "group-in-clip": _clip(
            '<g><rect width="200" height="200"/></g><rect x="50" y="50" width="60" height="100"/>'
        ),
        "empty": _clip("") + '<path d="M20,30H90"/>',
        "missing": f'<g clip-path="url(#no)">{_L}</g>',
        "css": '<clipPath id="c"><rect x="50" y="50" width="60" height="100"/></clipPath>'
        + _css(".c{clip-path:url(#c)}", f'<g class="c">{_L}</g>'),
        "none": f'<g clip-path="none">{_L}</g>',
        "fill-none-child": _clip('<rect x="50" y="50" width="60" height="100" fill="none"/>'),
    },
    "masking": {
        "white": _mask(
            '<rect x="50" y="50" width="60" height="100" fill="white" stroke="none"/>', _L, _USER
        ),
        "black-on-white": _mask(
            '<rect width="200" height="200" fill="white" stroke="none"/><rect x="50" y="50" width="60" height="100" fill="black" stroke="none"/>',
            _L,
            _USER,
        ),
        "black": _mask('<rect width="200" height="200" fill="black" stroke="none"/>', _L, _USER)
        + '<path d="M20,30H90"/>',
        "stroke": _mask('<path d="M60,0V200" stroke="white" stroke-width="40"/>', _L, _USER),
        "units-user": _mask(
            '<rect width="200" height="200" fill="white" stroke="none"/>',
            _L,
            'maskUnits="userSpaceOnUse" x="50" y="0" width="60" height="200"',
        ),
        "units-box": _mask(
            '<rect width="200" height="200" fill="white" stroke="none"/>',
            '<rect x="40" y="60" width="120" height="80"/>',
            'x="0" y="0" width=".5" height="1"',
        ),
        "content-box": _mask(
            '<rect x=".2" y="0" width=".5" height="1" fill="white" stroke="none"/>',
            '<rect x="40" y="60" width="120" height="80"/>',
            'maskContentUnits="objectBoundingBox"',
        ),
        "alpha": _mask(
            '<rect x="50" y="50" width="60" height="100" fill="black" stroke="none"/>',
            _L,
            f'{_USER} mask-type="alpha"',
        ),
        "group": _mask(
            '<g transform="translate(20 0)" fill="white" stroke="none"><circle cx="80" cy="100" r="40"/></g>',
            _L,
            _USER,
        ),
        "grey": _mask('<rect width="200" height="200" fill="#ccc" stroke="none"/>', _L, _USER),
        "grey-by-name": _mask(
            '<rect width="200" height="200" fill="dimgrey" stroke="none"/>', _L, _USER
        )
        + '<path d="M20,30H90"/>',
        "translucent": _mask(
            '<rect width="200" height="200" fill="white" fill-opacity=".9" stroke="none"/>',
            _L,
            _USER,
        ),
        "translucent-used": '<defs><g id="a" opacity=".9"><rect width="200" height="200" fill="white" stroke="none"/></g></defs>'
        + _mask('<use href="#a"/>', _L, _USER),
        "alpha-half": _mask(
            '<rect width="200" height="200" fill="rgba(0,0,0,.3)" stroke="none"/>',
            _L,
            f'{_USER} mask-type="alpha"',
        )
        + '<path d="M20,30H90"/>',
        "gradient": '<linearGradient id="q"><stop stop-color="white"/><stop offset="1" stop-color="white"/></linearGradient>'
        + _mask('<rect width="200" height="200" fill="url(#q)" stroke="none"/>', _L, _USER),
        "missing": f'<g mask="url(#no)">{_L}</g>',
        "opacity-zero": _mask(
            '<rect width="200" height="200" fill="white" fill-opacity="0" stroke="none"/>',
            _L,
            _USER,
        )
        + '<path d="M20,30H90"/>',
        "none": f'<g mask="none">{_L}</g>',
    },
    "others": {
        "text": '<text x="20" y="100" font-size="30" fill="black" stroke="none">Hello</text>',
        "image": f'{_L}<image href="data:image/png;base64,iVBORw0KGgo=" width="100" height="100"/>',
        "foreign": f"{_L}<foreignObject><p>a</p></foreignObject>",
        "filter": f'<filter id="f"><feOffset dx="20" dy="30"/></filter><g filter="url(#f)">{_L}</g>',
        "pattern": '<pattern id="p" width=".2" height=".2"><path d="M0,0L20,20"/></pattern><rect x="20" y="30" width="100" height="60" fill="none"/>',
        "non-scaling": '<g transform="scale(3)"><path vector-effect="non-scaling-stroke" d="M10,10H60"/></g>',
        "title": f"<title>a</title><desc>b</desc>{_L}",
        "metadata": f"<metadata>a</metadata>{_L}",
    },
}
"""Bodies of SVG files by category and name."""
