# ruff: noqa: E501  (a drawing is read best on one line)
"""Small drawings in the manner of resvg's test suite, by what they exercise.

All are drawn in strokes, so that a picture of the lines that were read can be laid over the picture that
resvg makes of the file. The page is 200 x 200; what the root says of strokes is in HEAD.
"""

HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'width="200" height="200" viewBox="0 0 200 200" fill="none" stroke="black" stroke-width="2">'
)
LINE = '<path d="M20,100H180"/>'
STAR = "M100,20L150,180L20,80H180L50,180Z"


def markers(marker, body, content='<path d="M0,0L10,5L0,10Z" stroke-width="1"/>'):
    return f'<marker id="m" {marker}>{content}</marker>{body}'


def clip(clip, body=LINE, attributes=""):
    return f'<clipPath id="c" {attributes}>{clip}</clipPath><g clip-path="url(#c)">{body}</g>'


def mask(mask, body=LINE, attributes=""):
    return f'<mask id="k" {attributes}>{mask}</mask><g mask="url(#k)">{body}</g>'


def css(rules, body):
    return f"<style>{rules}</style>{body}"


USER = 'maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"'
BLUE = '<g id="a"><path d="M20,40H180" class="one"/><path d="M20,80H180" class="two x"/></g>'

CORPUS = {
    "shapes": {
        "rect": '<rect x="20" y="30" width="100" height="60"/>',
        "rect-rounded": '<rect x="20" y="30" width="100" height="60" rx="20"/>',
        "rect-rx-ry": '<rect x="20" y="30" width="100" height="60" rx="20" ry="5"/>',
        "rect-rx-too-large": '<rect x="20" y="30" width="100" height="60" rx="200" ry="10"/>',
        "rect-negative-rx": '<rect x="20" y="30" width="100" height="60" rx="-5" ry="20"/>',
        "rect-percent": '<rect x="10%" y="15%" width="50%" height="30%"/>',
        "rect-no-width": f'<rect x="20" y="30" height="60"/>{LINE}',
        "circle": '<circle cx="100" cy="100" r="70"/>',
        "circle-percent": '<circle cx="50%" cy="50%" r="35%"/>',
        "circle-no-r": f'<circle cx="100" cy="100"/>{LINE}',
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
        "use": f'<defs><g id="a">{LINE}</g></defs><use href="#a" y="20"/><use xlink:href="#a" y="-20"/>',
        "use-transform": f'<defs>{BLUE}</defs><use href="#a" transform="rotate(20 100 60)"/>',
        "use-style": '<defs><path id="a" d="M20,40H180"/></defs><use href="#a" stroke="red"/>',
        "use-loop": f'<g id="a"><use href="#a"/>{LINE}</g>',
        "use-css": css("#u{stroke:red}", f'<defs>{BLUE}</defs><use id="u" href="#a"/>'),
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
        "switch": f'<switch><path d="M20,20H90" systemLanguage="de"/><path d="M20,40H90" systemLanguage="en-GB"/>{LINE}</switch>',
        "switch-first": f'<switch>{LINE}<path d="M20,20H90"/></switch>',
        "switch-unknown": f'<switch><x:y xmlns:x="http://x.org/">a</x:y>{LINE}</switch>',
        "switch-extension": f'<switch><path d="M20,20H90" requiredExtensions="http://x.org"/>{LINE}</switch>',
        "g-transform": f'<g transform="translate(10 20) rotate(15)">{LINE}</g>',
        "a": f'<a xlink:href="x">{LINE}</a>',
        "defs": f"<defs>{LINE}</defs><path d='M20,30H90'/>",
        "unknown": f"<wobble>{LINE}</wobble><path d='M20,30H90'/>",
        "display-none": f'<g display="none">{LINE}</g><path d="M20,30H90"/>',
        "visibility": f'<g visibility="hidden">{LINE}<path visibility="visible" d="M20,30H90"/></g>',
        "visibility-collapse": f'<g visibility="collapse">{LINE}</g><path d="M20,30H90"/>',
        "opacity-zero": f'<g opacity="0">{LINE}</g><path d="M20,30H90"/>',
    },
    "transform": {
        "matrix": f'<g transform="matrix(1 .2 -.3 .8 30 10)">{LINE}</g>',
        "skew": f'<g transform="skewX(20) skewY(-10)">{LINE}</g>',
        "scale-uneven": '<g transform="scale(1.5 .5)"><circle cx="60" cy="150" r="40"/></g>',
        "mirror": '<g transform="translate(200) scale(-1 1)"><path d="M20,20A60,30,0,0,1,120,120"/></g>',
        "list": f'<g transform="translate(20,0),rotate(30)\n scale(.8)">{LINE}</g>',
        "compact": f'<g transform="translate(10-20)rotate(1e1)">{LINE}</g>',
        "nested": f'<g transform="rotate(10)"><g transform="scale(.9)"><g transform="translate(5 5)">{LINE}</g></g></g>',
        "malformed": '<path transform="wiggle(3)" d="M20,30H90"/>',
    },
    "css": {
        "tag": css("path{stroke:red}", LINE),
        "child": css("g>path{display:none}", f"<g>{LINE}</g><path d='M20,30H90'/>"),
        "descendant": css(
            "#o path{display:none}", f"<g id='o'><g>{LINE}</g></g><path d='M20,30H90'/>"
        ),
        "class": css(".two{display:none}", BLUE),
        "classes": css(".two.x{display:none} .two.y{display:inline}", BLUE),
        "attribute": css('[class="one"]{display:none}', BLUE),
        "attribute-word": css("[class~=x]{display:none}", BLUE),
        "attribute-any": css("path[class]{display:none}", f'{BLUE}<path d="M20,30H90"/>'),
        "first-child": css("path:first-child{display:none}", BLUE),
        "adjacent": css(".one + path{display:none}", BLUE),
        "list": css(".one,.two{display:none}", f'{BLUE}<path d="M20,30H90"/>'),
        "star": css("*{stroke-width:6}", LINE),
        "weight": css(
            "#i{display:inline} .c{display:none}", '<path id="i" class="c" d="M20,30H90"/>'
        ),
        "order": css(".c{display:none} .c{display:inline}", '<path class="c" d="M20,30H90"/>'),
        "important": css(
            ".c{display:none !important}",
            f'<path class="c" style="display:inline" d="M20,30H90"/>{LINE}',
        ),
        "attribute-loses": css("path{display:inline}", '<path display="none" d="M20,30H90"/>'),
        "style-wins": css("path{display:none}", '<path style="display:inline" d="M20,30H90"/>'),
        "comment": css("/* path{display:none} */ .no{display:none}", LINE),
        "cdata": css("<![CDATA[ g > .two { display : none } ]]>", BLUE),
        "inherit": '<g stroke-width="8"><path stroke-width="inherit" d="M20,30H90"/></g>',
        "media": css("@media print{path{display:none}}", LINE),
        "font-face": css("@font-face{font-family:x;src:url(y)} .two{display:none}", BLUE),
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
}
