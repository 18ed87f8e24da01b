"""The comparison as a picture: for each group of workloads how much time each engine takes for one second of the base's."""

import math
import statistics
from html import escape

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#7f7f7f")
WIDTH, LEFT, RIGHT = 820, 130, 24
LANE, GAP = 11, 10  # heights of an engine's lane, and between groups
TOP, BOTTOM = 76, 44


def means(base, engine, rows):
    """The geometric mean of the engine's time over the base's, or None if it ran nothing."""
    logs = [math.log(row[engine]["user"] / row[base]["user"]) for row in rows if row.get(engine, {}).get("user", 0) > 0]
    return math.exp(statistics.mean(logs)) if logs else None


def text(x, y, content, anchor="start", **style):
    styles = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in style.items())
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{styles}>{escape(content)}</text>'


def ratios(base, others, groups):
    """SVG of the groups' means on a logarithmic axis; to the right of 1 are the engines that take longer than the base."""
    rows = {group: list(programs.values()) for group, programs in groups.items()}
    rows["all"] = [row for programs in rows.values() for row in programs]
    values = {(group, name): means(base, name, rows[group]) for group in rows for name in others}
    known = [value for value in values.values() if value] + [1]
    low, high = math.floor(math.log2(min(known))), math.ceil(math.log2(max(known)))
    block = LANE * len(others) + GAP
    height = TOP + block * len(rows) + BOTTOM

    def place(value):
        return LEFT + (math.log2(value) - low) / max(high - low, 1) * (WIDTH - LEFT - RIGHT)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'font-family="system-ui, sans-serif" font-size="13" fill="#222">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        text(16, 26, f"Time of other engines, {base} = 1 (geometric means, logarithmic)", font_size=16),
    ]
    x = 16
    for name, colour in zip(others, COLOURS * len(others)):
        out.append(f'<circle cx="{x + 6}" cy="46" r="5" fill="{colour}"/>')
        out.append(text(x + 16, 50, name))
        x += 34 + 8 * len(name)
    for power in range(low, high + 1):
        at = place(2.0**power)
        strong = 'stroke="#222" stroke-width="1.5"' if power == 0 else 'stroke="#ddd"'
        out.append(f'<line x1="{at:.1f}" y1="{TOP - 6}" x2="{at:.1f}" y2="{height - BOTTOM}" {strong}/>')
        out.append(text(at, height - BOTTOM + 18, f"{2**power}" if power >= 0 else f"1/{2**-power}", "middle"))
    out.append(text(place(1) - 8, height - 8, f"faster than {base}", "end", fill="#666"))
    out.append(text(place(1) + 8, height - 8, f"slower than {base}", fill="#666"))
    for number, group in enumerate(rows):
        top = TOP + number * block
        weight = "bold" if group == "all" else "normal"
        out.append(text(LEFT - 12, top + block / 2, group, "end", font_weight=weight))
        for lane, (name, colour) in enumerate(zip(others, COLOURS * len(others))):
            value = values[group, name]
            if value is None:
                continue
            y = top + LANE * (lane + 0.5)
            out.append(
                f'<line x1="{place(1):.1f}" y1="{y:.1f}" x2="{place(value):.1f}" y2="{y:.1f}" stroke="{colour}" '
                f'stroke-width="3" stroke-opacity="0.45"/><circle cx="{place(value):.1f}" cy="{y:.1f}" r="4.5" '
                f'fill="{colour}"><title>{escape(name)}, {escape(group)}: {value:.2f}</title></circle>'
            )
    out.append("</svg>")
    return "\n".join(out) + "\n"
