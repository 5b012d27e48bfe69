"""How a pen moves: what a layer's name encodes with the codes of the AxiDraw's software.

    5 +S30+H60+D500 red    layer 5: at 30 % of the top speed, the pen at 60 % of its height, after 500 ms
    !red                   wait for a person first (to change the pen)
    %notes                 not plotted

The codes stand at the start of the name, after the number if there is one. Upper and lower case are the
same, and the last of a kind counts (AxiDraw Layer Control). `+P2`, two passes, is an addition; the
AxiDraw's software takes it for text.
"""

import re
from dataclasses import dataclass

from drawscape.errors import PlotError

_NAME = re.compile(
    r"\s*(%)?\s*(!)?\s*(\d{1,4}(?!\d))?((?:\s*\+[SHDP]\d+)*)(.*)", re.IGNORECASE | re.DOTALL
)
_CODE = re.compile(r"\+([SHDP])(\d+)", re.IGNORECASE)
# What the AxiDraw's software accepts; a code outside is ignored there, and here.
_LIMITS = {"S": (1, 110), "H": (0, 100), "D": (1, 10**9), "P": (1, 100)}
_FIELDS = {"S": "speed", "H": "height", "D": "delay_ms", "P": "passes"}


@dataclass(frozen=True, kw_only=True)
class Motion:
    """What a layer asks of the machine; None leaves a setting as the machine has it.

    `speed` is in percent of the machine's top drawing speed (1 to 110). `height` is that of the pen
    when down, in percent of its range (0 to 100). `delay_ms` is the time before the layer, `pause` a
    wait for a person before it.
    A layer that is not `plotted` documents something. `number` is the layer's own
    (0 to 9999), for software that selects layers by it. Raises PlotError for a value out of its range.
    """

    number: int | None = None
    pause: bool = False
    plotted: bool = True
    speed: int | None = None
    height: int | None = None
    delay_ms: int | None = None
    passes: int = 1

    def __post_init__(self) -> None:
        for code, field in _FIELDS.items():
            value = getattr(self, field)
            low, high = _LIMITS[code]
            if value is not None and not (isinstance(value, int) and low <= value <= high):
                raise PlotError(f"{field}={value!r}: give a whole number from {low} to {high}")

    @classmethod
    def of(cls, name: str) -> "Motion":
        """Return what a layer's `name` asks for."""
        match = _NAME.match(name)
        if match is None:
            return cls()
        hidden, pause, number, codes, _ = match.groups()
        found = {}
        for code, digits in _CODE.findall(codes):
            low, high = _LIMITS[code.upper()]
            if low <= int(digits) <= high:
                found[_FIELDS[code.upper()]] = int(digits)
        return cls(
            number=None if number is None else int(number),
            pause=pause is not None,
            plotted=hidden is None,
            **found,
        )

    def named(self, text: str) -> str:
        """Return the layer's name that asks for this motion, with `text` behind the codes.

        >>> from drawscape.drawing.motion import Motion
        >>> Motion(speed=30, passes=2).named("red")
        '+S30+P2 red'
        """
        codes = "".join(
            f"+{code}{value}"
            for code, field in _FIELDS.items()
            if (value := getattr(self, field)) is not None and (code, value) != ("P", 1)
        )
        number = "" if self.number is None else str(self.number)
        start = f"{'' if self.plotted else '%'}{'!' if self.pause else ''}{number}{codes}"
        return f"{start} {text}" if number or codes else f"{start}{text}"


def plain_name(name: str) -> str:
    """Return a layer's name without its codes: `'red'` of `'5+S30 red'`; the name where nothing is left."""
    match = _NAME.match(name)
    return (match[5].strip() if match else "") or name
