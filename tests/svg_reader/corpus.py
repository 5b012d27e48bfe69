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
        "rect-rx-ry": '<rect x="20" y="30" width="100" height="60" rx="20" ry="5"/>',
        "rect-rx-too-large": '<rect x="20" y="30" width="100" height="60" rx="200" ry="10"/>',
        "rect-negative-rx": '<rect x="20" y="30" width="100" height="60" rx="-5" ry="20"/>',
        "circle": '<circle cx="100" cy="100" r="70"/>',
        "line": '<line x1="20" y1="30" x2="180" y2="150"/>',
        "polyline-odd": '<polyline points="20,30 180,150 20,150 7"/>',
        "path-all": '<path d="M20,20h50v20l20,20H180V90c0,40-40,40-80,0s-40,40-80,40q20,30,50,30t60,0a30,15,20,0,1,30,20z"/>',
        "path-error": '<path d="M20,20L180,60L20,100 X 30,30"/>',
    },
    "structure": {
        "use": f'<defs><g id="a">{LINE}</g></defs><use href="#a" y="20"/><use xlink:href="#a" y="-20"/>',
        "use-loop": f'<g id="a"><use href="#a"/>{LINE}</g>',
        "symbol": '<symbol id="s" viewBox="0 0 20 20"><path d="M0,0L20,20"/></symbol>'
        '<use href="#s" x="20" y="20" width="160" height="80"/>',
        "symbol-visible": '<symbol id="s" viewBox="0 0 20 20" overflow="visible">'
        '<path d="M-10,5L30,20" stroke-width=".3"/></symbol><use href="#s" x="50" y="50" width="80" height="80"/>',
        "svg-nested": '<svg x="40" y="30" width="100" height="100" viewBox="0 0 10 10"><path d="M0,0L10,5" stroke-width=".2"/></svg>',
        "svg-clipped": '<svg x="40" y="30" width="100" height="100"><path d="M-30,-10L150,120"/></svg>',
        "svg-visible": '<svg x="40" y="30" width="100" height="100" overflow="visible"><path d="M-30,-10L150,120"/></svg>',
        "switch": f'<switch><path d="M20,20H90" systemLanguage="de"/><path d="M20,40H90" systemLanguage="en-GB"/>{LINE}</switch>',
        "switch-unknown": f'<switch><x:y xmlns:x="http://x.org/">a</x:y>{LINE}</switch>',
        "defs": f"<defs>{LINE}</defs><path d='M20,30H90'/>",
        "display-none": f'<g display="none">{LINE}</g><path d="M20,30H90"/>',
        "opacity-zero": f'<g opacity="0">{LINE}</g><path d="M20,30H90"/>',
    },
    "transform": {
        "matrix": f'<g transform="matrix(1 .2 -.3 .8 30 10)">{LINE}</g>',
        "scale-uneven": '<g transform="scale(1.5 .5)"><circle cx="60" cy="150" r="40"/></g>',
        "mirror": '<g transform="translate(200) scale(-1 1)"><path d="M20,20A60,30,0,0,1,120,120"/></g>',
        "list": f'<g transform="translate(20,0),rotate(30)\n scale(.8)">{LINE}</g>',
        "malformed": '<path transform="wiggle(3)" d="M20,30H90"/>',
    },
    "css": {
        "classes": css(".two.x{display:none} .two.y{display:inline}", BLUE),
        "attribute-any": css("path[class]{display:none}", f'{BLUE}<path d="M20,30H90"/>'),
        "adjacent": css(".one + path{display:none}", BLUE),
        "list": css(".one,.two{display:none}", f'{BLUE}<path d="M20,30H90"/>'),
        "important": css(
            ".c{display:none !important}",
            f'<path class="c" style="display:inline" d="M20,30H90"/>{LINE}',
        ),
        "attribute-loses": css("path{display:inline}", '<path display="none" d="M20,30H90"/>'),
        "style-wins": css("path{display:none}", '<path style="display:inline" d="M20,30H90"/>'),
        "comment": css("/* path{display:none} */ .no{display:none}", LINE),
        "cdata": css("<![CDATA[ g > .two { display : none } ]]>", BLUE),
        "media": css("@media print{path{display:none}}", LINE),
        "font-face": css("@font-face{font-family:x;src:url(y)} .two{display:none}", BLUE),
    },
    "units": {
        "mm": '<rect x="5mm" y="5mm" width="30mm" height="20mm"/>',
        "cm-in": '<line x1=".5cm" y1=".5cm" x2="1.5in" y2="1in"/>',
        "pt-pc": '<line x1="12pt" y1="1pc" x2="120pt" y2="8pc"/>',
        "em": '<g font-size="20"><line x1="1em" y1="1em" x2="8em" y2="4em"/></g>',
        "ex": '<g font-size="40"><line x1="1ex" y1="1ex" x2="8ex" y2="4ex"/></g>',
        "em-of-em": '<g font-size="10"><g font-size="2em"><rect x="1em" y="1em" width="5em" height="2em"/></g></g>',
        "stroke-percent": '<path stroke-width="3%" d="M20,30H90"/>',
    },
}


CLIPPING = {
    "clipping": {
        "rect": clip('<rect x="50" y="50" width="60" height="100"/>'),
        "path-nonzero": clip(f'<path d="{STAR}"/>', '<path d="M10,100H190M10,130H190"/>'),
        "path-evenodd": clip(
            f'<path d="{STAR}" clip-rule="evenodd"/>', '<path d="M10,100H190M10,130H190"/>'
        ),
        "rule-inherited": f'<g clip-rule="evenodd">{clip(f"""<path d="{STAR}"/>""", """<path d="M10,100H190M10,130H190"/>""")}</g>',
        "box-units": clip(
            '<rect x=".25" y="0" width=".5" height="1"/>',
            '<rect x="40" y="60" width="120" height="80"/>',
            'clipPathUnits="objectBoundingBox"',
        ),
        "transform": clip(
            '<rect x="50" y="50" width="60" height="100" transform="rotate(20 80 100)"/>'
        ),
        "own-transform": clip(
            '<rect x="50" y="50" width="60" height="100"/>', LINE, 'transform="translate(20 0)"'
        ),
        "on-transformed": '<clipPath id="c"><rect x="50" y="50" width="60" height="100"/></clipPath><path transform="translate(30 0)" clip-path="url(#c)" d="M0,100H180"/>',
        "nested": '<clipPath id="c"><rect x="50" y="50" width="60" height="100"/></clipPath><clipPath id="d" clip-path="url(#c)"><rect x="80" y="0" width="90" height="200"/></clipPath>'
        f'<g clip-path="url(#d)">{LINE}</g>',
        "on-child": '<clipPath id="c"><rect x="50" y="50" width="60" height="100"/></clipPath><clipPath id="d"><rect clip-path="url(#c)" x="80" y="0" width="90" height="200"/></clipPath>'
        f'<g clip-path="url(#d)">{LINE}</g>',
        "hidden-child": clip(
            '<rect x="50" y="50" width="60" height="100"/><rect x="120" y="50" width="60" height="100" display="none"/>'
        ),
        "group-in-clip": clip(
            '<g><rect width="200" height="200"/></g><rect x="50" y="50" width="60" height="100"/>'
        ),
        "empty": clip("") + '<path d="M20,30H90"/>',
    },
    "masking": {
        "black-on-white": mask(
            '<rect width="200" height="200" fill="white" stroke="none"/><rect x="50" y="50" width="60" height="100" fill="black" stroke="none"/>',
            LINE,
            USER,
        ),
        "stroke": mask('<path d="M60,0V200" stroke="white" stroke-width="40"/>', LINE, USER),
        "units-box": mask(
            '<rect width="200" height="200" fill="white" stroke="none"/>',
            '<rect x="40" y="60" width="120" height="80"/>',
            'x="0" y="0" width=".5" height="1"',
        ),
        "content-box": mask(
            '<rect x=".2" y="0" width=".5" height="1" fill="white" stroke="none"/>',
            '<rect x="40" y="60" width="120" height="80"/>',
            'maskContentUnits="objectBoundingBox"',
        ),
        "grey": mask('<rect width="200" height="200" fill="#ccc" stroke="none"/>', LINE, USER),
        "grey-by-name": mask(
            '<rect width="200" height="200" fill="dimgrey" stroke="none"/>', LINE, USER
        )
        + '<path d="M20,30H90"/>',
        "translucent": mask(
            '<rect width="200" height="200" fill="white" fill-opacity=".9" stroke="none"/>',
            LINE,
            USER,
        ),
        "translucent-used": '<defs><g id="a" opacity=".9"><rect width="200" height="200" fill="white" stroke="none"/></g></defs>'
        + mask('<use href="#a"/>', LINE, USER),
        "alpha-half": mask(
            '<rect width="200" height="200" fill="rgba(0,0,0,.3)" stroke="none"/>',
            LINE,
            f'{USER} mask-type="alpha"',
        )
        + '<path d="M20,30H90"/>',
        "gradient": '<linearGradient id="q"><stop stop-color="white"/><stop offset="1" stop-color="white"/></linearGradient>'
        + mask('<rect width="200" height="200" fill="url(#q)" stroke="none"/>', LINE, USER),
        "opacity-zero": mask(
            '<rect width="200" height="200" fill="white" fill-opacity="0" stroke="none"/>',
            LINE,
            USER,
        )
        + '<path d="M20,30H90"/>',
    },
}

MORE_CLIPPING = {
    "clipping": {
        "polygon": '<clipPath id="c" ><polygon points="50,50 150,50 100,150"/></clipPath><g clip-path="url(#c)"><path d="M20,100H180"/></g>',
        "line": '<clipPath id="c" ><line x1="20" x2="180" y1="100" y2="100" stroke-width="20"/></clipPath><g clip-path="url(#c)"><path d="M20,100H180"/></g><path d="M20,30H90"/>',
        "visibility-hidden-child": '<clipPath id="c" ><rect x="50" y="50" width="60" height="100"/><rect x="120" y="50" width="60" height="100" visibility="hidden"/></clipPath><g clip-path="url(#c)"><path d="M20,100H180"/></g>',
        "of-clip-itself": '<clipPath id="c" clip-path="url(#c)"><rect x="50" y="50" width="60" height="100"/></clipPath><g clip-path="url(#c)"><path d="M20,100H180"/></g><path d="M20,30H90"/>',
        "loop": '<clipPath id="c" clip-path="url(#d)"><rect x="50" y="50" width="60" height="100"/></clipPath><clipPath id="d" clip-path="url(#c)"><rect x="50" y="50" width="60" height="100"/></clipPath><g clip-path="url(#c)"><path d="M20,100H180"/></g><path d="M20,30H90"/>',
        "on-shape": '<clipPath id="c"><rect x="50" y="50" width="60" height="100"/></clipPath><rect x="20" y="60" width="150" height="60" clip-path="url(#c)"/>',
        "on-svg": '<clipPath id="c"><rect x="50" y="50" width="60" height="100"/></clipPath><svg clip-path="url(#c)"><path d="M20,100H180"/></svg>',
        "units-user-on-g": '<clipPath id="c" clipPathUnits="userSpaceOnUse"><rect x="50" y="50" width="60" height="100"/></clipPath><g clip-path="url(#c)"><g transform="scale(.5)"><path d="M20,100H180"/></g></g>',
        "box-of-line": '<clipPath id="c" clipPathUnits="objectBoundingBox"><rect width="1" height="1"/></clipPath><g clip-path="url(#c)"><path d="M20,100H180"/></g><path d="M20,30H90"/>',
        "text-child": '<clipPath id="c" ><rect x="50" y="50" width="60" height="100"/><title>a</title></clipPath><g clip-path="url(#c)"><path d="M20,100H180"/></g>',
        "use-of-group": '<defs><g id="r"><rect x="50" y="50" width="60" height="100"/></g></defs><clipPath id="c" ><use href="#r"/></clipPath><g clip-path="url(#c)"><path d="M20,100H180"/></g><path d="M20,30H90"/>',
        "use-transform": '<defs><rect id="r" width="60" height="100"/></defs><clipPath id="c" ><use href="#r" transform="rotate(10)" x="50" y="50"/></clipPath><g clip-path="url(#c)"><path d="M20,100H180"/></g>',
        "of-markers": '<clipPath id="c"><rect x="0" y="0" width="103" height="200"/></clipPath><marker id="m" markerWidth="10" markerHeight="10" refY="5" orient="auto"><path d="M0,0L10,5L0,10Z" stroke-width="1"/></marker><path clip-path="url(#c)" d="M20,100H100" marker-end="url(#m)"/>',
        "with-mask": '<clipPath id="c"><rect x="50" y="50" width="60" height="100"/></clipPath><mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><rect x="80" y="0" width="100" height="200" fill="white" stroke="none"/></mask><g clip-path="url(#c)" mask="url(#k)"><path d="M20,100H180"/></g>',
        "not-a-clip": '<g id="c"><rect x="50" y="50" width="60" height="100"/></g><g clip-path="url(#c)"><path d="M20,100H180"/></g>',
    },
    "masking": {
        "on-use": '<defs><path id="a" d="M20,100H180"/></defs><mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><rect x="50" y="50" width="60" height="100" fill="white" stroke="none"/></mask><use href="#a" mask="url(#k)"/>',
        "default-region": '<mask id="k"><rect width="200" height="200" fill="white" stroke="none"/></mask><rect mask="url(#k)" x="50" y="50" width="80" height="60"/>',
        "region-of-line": '<mask id="k"><rect width="200" height="200" fill="white" stroke="none"/></mask><path mask="url(#k)" d="M20,100H180"/><path d="M20,30H90"/>',
        "nested": '<mask id="j" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><rect x="80" width="90" height="200" fill="white" stroke="none"/></mask><mask id="k" mask="url(#j)" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><rect x="50" y="50" width="60" height="100" fill="white" stroke="none"/></mask><g mask="url(#k)"><path d="M20,100H180"/></g>',
        "loop": '<mask id="k" mask="url(#k)"><rect x="50" y="50" width="60" height="100" fill="white" stroke="none"/></mask><g mask="url(#k)"><path d="M20,100H180"/></g><path d="M20,30H90"/>',
        "clip-in-mask": '<clipPath id="c"><rect x="80" width="90" height="200"/></clipPath><mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><g clip-path="url(#c)"><rect x="50" y="50" width="60" height="100" fill="white" stroke="none"/></g></mask><g mask="url(#k)"><path d="M20,100H180"/></g>',
        "white-by-current": '<mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><g color="white"><rect x="50" y="50" width="60" height="100" fill="currentColor" stroke="none"/></g></mask><g mask="url(#k)"><path d="M20,100H180"/></g>',
        "evenodd": '<mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><path d="M100,20L150,180L20,80H180L50,180Z" fill-rule="evenodd" fill="white" stroke="none"/></mask><g mask="url(#k)"><path d="M10,100H190M10,130H190"/></g>',
        "hole": '<mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><rect width="200" height="200" fill="white" stroke="none"/><circle cx="100" cy="100" r="40" fill="black" stroke="none"/></mask><g mask="url(#k)"><circle cx="100" cy="100" r="60"/><path d="M20,100H180"/></g>',
        "dashed-stroke": '<mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><path d="M60,0V200" stroke="white" stroke-width="40" stroke-dasharray="90 20"/></mask><g mask="url(#k)"><path d="M20,100H180"/></g>',
        "alpha-by-css": '<style>mask{mask-type:alpha}</style><mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><rect x="50" y="50" width="60" height="100" fill="black" stroke="none"/></mask><g mask="url(#k)"><path d="M20,100H180"/></g>',
        "empty": '<mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"></mask><g mask="url(#k)"><path d="M20,100H180"/></g><path d="M20,30H90"/>',
        "image-in-mask": '<mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><rect x="50" y="50" width="60" height="100" fill="white" stroke="none"/><image width="10" height="10" href="x.png"/></mask><g mask="url(#k)"><path d="M20,100H180"/></g>',
    },
}
