# ruff: noqa: E501  (a drawing is read best on one line)
"""Of our corpus what concerns clip paths and masks."""

from svg_reader.corpus import LINE, STAR, USER, clip, css, mask

CLIPPING = {
    "clipping": {
        "rect": clip('<rect x="50" y="50" width="60" height="100"/>'),
        "circle": clip(
            '<circle cx="100" cy="100" r="40"/>', '<rect x="30" y="90" width="140" height="40"/>'
        ),
        "path-nonzero": clip(f'<path d="{STAR}"/>', '<path d="M10,100H190M10,130H190"/>'),
        "path-evenodd": clip(
            f'<path d="{STAR}" clip-rule="evenodd"/>', '<path d="M10,100H190M10,130H190"/>'
        ),
        "rule-inherited": f'<g clip-rule="evenodd">{clip(f"""<path d="{STAR}"/>""", """<path d="M10,100H190M10,130H190"/>""")}</g>',
        "two-shapes": clip(
            '<rect x="30" y="50" width="30" height="100"/><rect x="130" y="50" width="30" height="100"/>'
        ),
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
        "groups": '<clipPath id="c"><rect x="50" y="50" width="60" height="100"/></clipPath><clipPath id="d"><rect x="80" y="0" width="90" height="200"/></clipPath>'
        f'<g clip-path="url(#c)"><g clip-path="url(#d)">{LINE}</g></g>',
        "use": '<defs><rect id="r" x="50" y="50" width="60" height="100"/></defs>'
        + clip('<use href="#r" x="10"/>'),
        "hidden-child": clip(
            '<rect x="50" y="50" width="60" height="100"/><rect x="120" y="50" width="60" height="100" display="none"/>'
        ),
        "group-in-clip": clip(
            '<g><rect width="200" height="200"/></g><rect x="50" y="50" width="60" height="100"/>'
        ),
        "empty": clip("") + '<path d="M20,30H90"/>',
        "missing": f'<g clip-path="url(#no)">{LINE}</g>',
        "css": '<clipPath id="c"><rect x="50" y="50" width="60" height="100"/></clipPath>'
        + css(".c{clip-path:url(#c)}", f'<g class="c">{LINE}</g>'),
        "none": f'<g clip-path="none">{LINE}</g>',
        "fill-none-child": clip('<rect x="50" y="50" width="60" height="100" fill="none"/>'),
    },
    "masking": {
        "white": mask(
            '<rect x="50" y="50" width="60" height="100" fill="white" stroke="none"/>', LINE, USER
        ),
        "black-on-white": mask(
            '<rect width="200" height="200" fill="white" stroke="none"/><rect x="50" y="50" width="60" height="100" fill="black" stroke="none"/>',
            LINE,
            USER,
        ),
        "black": mask('<rect width="200" height="200" fill="black" stroke="none"/>', LINE, USER)
        + '<path d="M20,30H90"/>',
        "stroke": mask('<path d="M60,0V200" stroke="white" stroke-width="40"/>', LINE, USER),
        "units-user": mask(
            '<rect width="200" height="200" fill="white" stroke="none"/>',
            LINE,
            'maskUnits="userSpaceOnUse" x="50" y="0" width="60" height="200"',
        ),
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
        "alpha": mask(
            '<rect x="50" y="50" width="60" height="100" fill="black" stroke="none"/>',
            LINE,
            f'{USER} mask-type="alpha"',
        ),
        "group": mask(
            '<g transform="translate(20 0)" fill="white" stroke="none"><circle cx="80" cy="100" r="40"/></g>',
            LINE,
            USER,
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
        "missing": f'<g mask="url(#no)">{LINE}</g>',
        "opacity-zero": mask(
            '<rect width="200" height="200" fill="white" fill-opacity="0" stroke="none"/>',
            LINE,
            USER,
        )
        + '<path d="M20,30H90"/>',
        "none": f'<g mask="none">{LINE}</g>',
    },
}

MORE_CLIPPING = {
    "clipping": {
        "ellipse": '<clipPath id="c" ><ellipse cx="100" cy="100" rx="50" ry="20"/></clipPath><g clip-path="url(#c)"><path d="M20,100H180M20,90H180M100,20V180"/></g>',
        "polygon": '<clipPath id="c" ><polygon points="50,50 150,50 100,150"/></clipPath><g clip-path="url(#c)"><path d="M20,100H180"/></g>',
        "polyline": '<clipPath id="c" ><polyline points="50,50 150,50 100,150"/></clipPath><g clip-path="url(#c)"><path d="M20,100H180"/></g>',
        "line": '<clipPath id="c" ><line x1="20" x2="180" y1="100" y2="100" stroke-width="20"/></clipPath><g clip-path="url(#c)"><path d="M20,100H180"/></g><path d="M20,30H90"/>',
        "stroke-ignored": '<clipPath id="c" ><rect x="50" y="50" width="60" height="100" stroke-width="40"/></clipPath><g clip-path="url(#c)"><path d="M20,100H180"/></g>',
        "visibility-hidden-child": '<clipPath id="c" ><rect x="50" y="50" width="60" height="100"/><rect x="120" y="50" width="60" height="100" visibility="hidden"/></clipPath><g clip-path="url(#c)"><path d="M20,100H180"/></g>',
        "opacity-ignored": '<clipPath id="c" ><rect x="50" y="50" width="60" height="100" opacity="0"/></clipPath><g clip-path="url(#c)"><path d="M20,100H180"/></g>',
        "of-clip-itself": '<clipPath id="c" clip-path="url(#c)"><rect x="50" y="50" width="60" height="100"/></clipPath><g clip-path="url(#c)"><path d="M20,100H180"/></g><path d="M20,30H90"/>',
        "loop": '<clipPath id="c" clip-path="url(#d)"><rect x="50" y="50" width="60" height="100"/></clipPath><clipPath id="d" clip-path="url(#c)"><rect x="50" y="50" width="60" height="100"/></clipPath><g clip-path="url(#c)"><path d="M20,100H180"/></g><path d="M20,30H90"/>',
        "on-shape": '<clipPath id="c"><rect x="50" y="50" width="60" height="100"/></clipPath><rect x="20" y="60" width="150" height="60" clip-path="url(#c)"/>',
        "on-use": '<defs><path id="a" d="M20,100H180"/></defs><clipPath id="c"><rect x="50" y="50" width="60" height="100"/></clipPath><use href="#a" clip-path="url(#c)" x="20"/>',
        "on-svg": '<clipPath id="c"><rect x="50" y="50" width="60" height="100"/></clipPath><svg clip-path="url(#c)"><path d="M20,100H180"/></svg>',
        "on-root-like": '<clipPath id="c"><rect x="50" y="50" width="60" height="100"/></clipPath><g clip-path="url(#c)"><g transform="translate(0 20)"><path d="M20,100H180"/></g></g>',
        "units-user-on-g": '<clipPath id="c" clipPathUnits="userSpaceOnUse"><rect x="50" y="50" width="60" height="100"/></clipPath><g clip-path="url(#c)"><g transform="scale(.5)"><path d="M20,100H180"/></g></g>',
        "box-on-group": '<clipPath id="c" clipPathUnits="objectBoundingBox"><circle cx=".5" cy=".5" r=".4"/></clipPath><g clip-path="url(#c)"><rect x="20" y="40" width="60" height="60"/><rect x="100" y="60" width="60" height="80"/></g>',
        "box-of-line": '<clipPath id="c" clipPathUnits="objectBoundingBox"><rect width="1" height="1"/></clipPath><g clip-path="url(#c)"><path d="M20,100H180"/></g><path d="M20,30H90"/>',
        "text-child": '<clipPath id="c" ><rect x="50" y="50" width="60" height="100"/><title>a</title></clipPath><g clip-path="url(#c)"><path d="M20,100H180"/></g>',
        "use-of-group": '<defs><g id="r"><rect x="50" y="50" width="60" height="100"/></g></defs><clipPath id="c" ><use href="#r"/></clipPath><g clip-path="url(#c)"><path d="M20,100H180"/></g><path d="M20,30H90"/>',
        "use-transform": '<defs><rect id="r" width="60" height="100"/></defs><clipPath id="c" ><use href="#r" transform="rotate(10)" x="50" y="50"/></clipPath><g clip-path="url(#c)"><path d="M20,100H180"/></g>',
        "overlapping": '<clipPath id="c" ><rect x="40" y="50" width="60" height="100"/><rect x="80" y="50" width="60" height="100"/></clipPath><g clip-path="url(#c)"><path d="M20,100H180"/></g>',
        "curves": '<clipPath id="c" ><circle cx="100" cy="100" r="50"/></clipPath><g clip-path="url(#c)"><circle cx="130" cy="100" r="60"/></g>',
        "of-dashes": '<clipPath id="c" ><rect x="50" y="50" width="60" height="100"/></clipPath><g clip-path="url(#c)"><g stroke-dasharray="9 5"><path d="M20,100H180"/></g></g>',
        "of-markers": '<clipPath id="c"><rect x="0" y="0" width="103" height="200"/></clipPath><marker id="m" markerWidth="10" markerHeight="10" refY="5" orient="auto"><path d="M0,0L10,5L0,10Z" stroke-width="1"/></marker><path clip-path="url(#c)" d="M20,100H100" marker-end="url(#m)"/>',
        "with-mask": '<clipPath id="c"><rect x="50" y="50" width="60" height="100"/></clipPath><mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><rect x="80" y="0" width="100" height="200" fill="white" stroke="none"/></mask><g clip-path="url(#c)" mask="url(#k)"><path d="M20,100H180"/></g>',
        "not-a-clip": '<g id="c"><rect x="50" y="50" width="60" height="100"/></g><g clip-path="url(#c)"><path d="M20,100H180"/></g>',
        "basic-shape": '<g clip-path="circle(40px at 100px 100px)"><path d="M20,100H180"/></g>',
        "inset": '<g style="clip-path:inset(10px)"><path d="M20,100H180"/></g>',
    },
    "masking": {
        "on-shape": '<mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><rect x="50" y="50" width="60" height="100" fill="white" stroke="none"/></mask><path mask="url(#k)" d="M20,100H180"/>',
        "on-use": '<defs><path id="a" d="M20,100H180"/></defs><mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><rect x="50" y="50" width="60" height="100" fill="white" stroke="none"/></mask><use href="#a" mask="url(#k)"/>',
        "default-region": '<mask id="k"><rect width="200" height="200" fill="white" stroke="none"/></mask><rect mask="url(#k)" x="50" y="50" width="80" height="60"/>',
        "region-of-line": '<mask id="k"><rect width="200" height="200" fill="white" stroke="none"/></mask><path mask="url(#k)" d="M20,100H180"/><path d="M20,30H90"/>',
        "nested": '<mask id="j" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><rect x="80" width="90" height="200" fill="white" stroke="none"/></mask><mask id="k" mask="url(#j)" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><rect x="50" y="50" width="60" height="100" fill="white" stroke="none"/></mask><g mask="url(#k)"><path d="M20,100H180"/></g>',
        "on-child": '<mask id="j" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><rect x="80" width="90" height="200" fill="white" stroke="none"/></mask><mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><g mask="url(#j)"><rect x="50" y="50" width="60" height="100" fill="white" stroke="none"/></g></mask><g mask="url(#k)"><path d="M20,100H180"/></g>',
        "loop": '<mask id="k" mask="url(#k)"><rect x="50" y="50" width="60" height="100" fill="white" stroke="none"/></mask><g mask="url(#k)"><path d="M20,100H180"/></g><path d="M20,30H90"/>',
        "clip-in-mask": '<clipPath id="c"><rect x="80" width="90" height="200"/></clipPath><mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><g clip-path="url(#c)"><rect x="50" y="50" width="60" height="100" fill="white" stroke="none"/></g></mask><g mask="url(#k)"><path d="M20,100H180"/></g>',
        "color-transform": '<mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><g transform="translate(20 0)"><rect x="50" y="50" width="60" height="100" fill="white" stroke="none"/></g></mask><g mask="url(#k)"><path d="M20,100H180"/></g>',
        "use": '<defs><g id="w"><rect x="50" y="50" width="60" height="100" fill="white" stroke="none"/></g></defs><mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><use href="#w" x="20"/></mask><g mask="url(#k)"><path d="M20,100H180"/></g>',
        "white-by-rgb": '<mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><rect x="50" y="50" width="60" height="100" fill="rgb(255,255,255)" stroke="none"/></mask><g mask="url(#k)"><path d="M20,100H180"/></g>',
        "white-by-css": '<style>.w{fill:#fff;stroke:none}</style><mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><rect class="w" x="50" y="50" width="60" height="100"/></mask><g mask="url(#k)"><path d="M20,100H180"/></g>',
        "white-by-current": '<mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><g color="white"><rect x="50" y="50" width="60" height="100" fill="currentColor" stroke="none"/></g></mask><g mask="url(#k)"><path d="M20,100H180"/></g>',
        "display-none-child": '<mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><rect x="50" y="50" width="60" height="100" fill="white" stroke="none"/><rect display="none" width="200" height="200" fill="white" stroke="none"/></mask><g mask="url(#k)"><path d="M20,100H180"/></g>',
        "evenodd": '<mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><path d="M100,20L150,180L20,80H180L50,180Z" fill-rule="evenodd" fill="white" stroke="none"/></mask><g mask="url(#k)"><path d="M10,100H190M10,130H190"/></g>',
        "white-over-black": '<mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><rect width="200" height="200" fill="black" stroke="none"/><rect x="50" y="50" width="60" height="100" fill="white" stroke="none"/></mask><g mask="url(#k)"><path d="M20,100H180"/></g>',
        "hole": '<mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><rect width="200" height="200" fill="white" stroke="none"/><circle cx="100" cy="100" r="40" fill="black" stroke="none"/></mask><g mask="url(#k)"><circle cx="100" cy="100" r="60"/><path d="M20,100H180"/></g>',
        "stroke-and-fill": '<mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><rect x="50" y="50" width="60" height="100" fill="white" stroke="white" stroke-width="20"/></mask><g mask="url(#k)"><path d="M20,100H180"/></g>',
        "dashed-stroke": '<mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><path d="M60,0V200" stroke="white" stroke-width="40" stroke-dasharray="90 20"/></mask><g mask="url(#k)"><path d="M20,100H180"/></g>',
        "luminance-type": '<mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200" mask-type="luminance"><rect x="50" y="50" width="60" height="100" fill="white" stroke="none"/></mask><g mask="url(#k)"><path d="M20,100H180"/></g>',
        "alpha-by-css": '<style>mask{mask-type:alpha}</style><mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><rect x="50" y="50" width="60" height="100" fill="black" stroke="none"/></mask><g mask="url(#k)"><path d="M20,100H180"/></g>',
        "region-percent": '<mask id="k" maskUnits="userSpaceOnUse" x="25%" y="0%" width="30%" height="100%"><rect width="200" height="200" fill="white" stroke="none"/></mask><g mask="url(#k)"><path d="M20,100H180"/></g>',
        "empty": '<mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"></mask><g mask="url(#k)"><path d="M20,100H180"/></g><path d="M20,30H90"/>',
        "of-dashes": '<mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><rect x="50" y="50" width="60" height="100" fill="white" stroke="none"/></mask><g mask="url(#k)"><g stroke-dasharray="9 5"><path d="M20,100H180"/></g></g>',
        "image-in-mask": '<mask id="k" maskUnits="userSpaceOnUse" x="0" y="0" width="200" height="200"><rect x="50" y="50" width="60" height="100" fill="white" stroke="none"/><image width="10" height="10" href="x.png"/></mask><g mask="url(#k)"><path d="M20,100H180"/></g>',
    },
}
