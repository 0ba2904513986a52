"""Draws a report as SVG: bars, one group for each operation, tree and state of the cache."""
from xml.sax.saxutils import escape

WIDTH = 1120
COLUMNS = 2
MARGIN = 24
COLUMN_GAP = 40
LABEL_WIDTH = 205
VALUE_WIDTH = 96
BAR = 15
BAR_STEP = 20
TITLE_STEP = 30
GROUP_GAP = 22
HEAD = 64

# An opaque ground of its own, so that it is legible wherever it is put.
STYLE = """
text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
.ground { fill: #ffffff; }
.head { font-size: 17px; font-weight: 600; }
.title { font-size: 13.5px; font-weight: 600; }
.note, .value { fill: #59636e; }
.name { text-anchor: end; }
.ingot { fill: #d1571c; }
.peer { fill: #8c98a4; }
.limit { fill: none; stroke: #2f7d5b; stroke-width: 1.5; stroke-dasharray: 4 2; }
.spread { stroke: #1f2328; stroke-width: 1.2; }
.own { font-weight: 600; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .ground { fill: #0d1117; }
  .note, .value { fill: #9aa5b1; }
  .ingot { fill: #f0803c; }
  .peer { fill: #6b7682; }
  .limit { stroke: #56c596; }
  .spread { stroke: #e6edf3; }
}
"""


def element(name, content=None, **attributes):
    words = "".join(' %s="%s"' % (key.rstrip("_"), escape(
        "%.1f" % value if isinstance(value, float) else str(value), {'"': "&quot;"}))
        for key, value in attributes.items())
    if content is None:
        return "<%s%s/>" % (name, words)
    return "<%s%s>%s</%s>" % (name, words, escape(content), name)


def shown_rows(group):
    """Everyone, and of the limits the best of each sort."""
    rows = sorted((row for row in group.rows if row.kind != "limit"), key=lambda row: row.wall)
    words = {"create": ["overlapped with metadata", "overlapped", "read", "compress", "write"],
             "restore": ["bare files", "decompress"], "verify": ["decompress"], "one": []}
    limits = [group.best_limit(word) for word in words[group.operation]]
    return rows + [row for row in limits if row is not None]


def label(row):
    """Of a limit without how it was done best."""
    return row.name.split(",")[0] if row.kind == "limit" else row.name


def seconds(value):
    return "%.2f s" % value if value < 10 else "%.1f s" % value


def group_height(group):
    return TITLE_STEP + BAR_STEP * len(shown_rows(group)) + GROUP_GAP


def draw_group(group, x, y, width):
    rows = shown_rows(group)
    parts = [element("text", group.title(), class_="title", x=x, y=y + 12)]
    left = x + LABEL_WIDTH
    scale = (width - LABEL_WIDTH - VALUE_WIDTH) / max(row.high for row in rows)
    peer = group.fastest_peer
    for index, row in enumerate(rows):
        top = y + TITLE_STEP + index * BAR_STEP
        middle = top + BAR / 2
        own = " own" if row.kind == "ingot" else ""
        parts.append(element("text", label(row), class_="name" + own, x=left - 8, y=middle + 4))
        parts.append(element("rect", class_=row.kind, x=left, y=top, rx=2, height=BAR,
                             width=max(row.wall * scale, 1.0)))
        if row.rounds > 1:
            parts.append(element("line", class_="spread", x1=left + row.low * scale,
                                 x2=left + row.high * scale, y1=middle, y2=middle))
        value = seconds(row.wall)
        if row.kind == "ingot" and peer is not None:
            value += " · %.2f×" % (row.wall / peer.wall)
        parts.append(element("text", value, class_="value" + own,
                             x=left + max(row.high, row.wall) * scale + 7, y=middle + 4))
    return parts


def draw(table):
    """The whole picture. Groups keep their order and go into the shorter column."""
    width = (WIDTH - 2 * MARGIN - (COLUMNS - 1) * COLUMN_GAP) / COLUMNS
    heights = [HEAD] * COLUMNS
    parts = []
    for group in table.groups:
        column = heights.index(min(heights))
        x = MARGIN + column * (width + COLUMN_GAP)
        parts += draw_group(group, x, heights[column], width)
        heights[column] += group_height(group)
    machine = table.results[0]["machine"]
    note = ("%d processors, %.0f GiB; median wall time with the target synced, bar: min to max; "
            "×: of the fastest peer; dashed: the machine's limits" % (
                machine["processors"], machine["memory_bytes"] / (1 << 30)))
    head = [element("text", "ingot, its peers and the machine", class_="head", x=MARGIN, y=30),
            element("text", note, class_="note", x=MARGIN, y=48)]
    height = max(heights) + MARGIN - GROUP_GAP
    return "\n".join(['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" '
                      'height="%d" role="img">' % (WIDTH, height, WIDTH, height),
                      "<title>%s</title>" % escape("ingot, its peers and the machine"),
                      "<style>%s</style>" % STYLE,
                      element("rect", class_="ground", width=WIDTH, height=height)] +
                     head + parts + ["</svg>"]) + "\n"
