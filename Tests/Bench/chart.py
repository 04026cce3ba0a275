"""A chart as SVG without a library, because it is only a dozen rectangles."""

WIDTH, LEFT, ROW, BAR = 760, 20, 64, 17
STYLE = """<style>
text { font: 13px system-ui, sans-serif; fill: #24292f } .small { font-size: 12px; fill: #57606a }
.ours { fill: #e8590c } .other { fill: #adb5bd }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .small { fill: #9198a1 } .other { fill: #57606a } }
</style>"""


def bars(pairs):
    """Pairs of bars, each scaled to the longer of the two: (name, rate, CPU us, the comparison, its rate)."""
    height = 20 + ROW * len(pairs)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
             f'aria-label="Requests a second beside what bounds them">', STYLE]
    for place, (name, rate, cpu, bound, other) in enumerate(pairs):
        top = 16 + place * ROW
        scale = (WIDTH - LEFT - 330) / max(rate, other)
        for row, (kind, value, label) in enumerate((
                ("ours", rate, f"{name}: {number(rate)}/s, {cpu:.0f} µs CPU"), ("other", other, f"{bound}: {number(other)}/s"))):
            y = top + row * (BAR + 5)
            parts.append(f'<rect class="{kind}" x="{LEFT}" y="{y}" width="{value * scale:.1f}" height="{BAR}" rx="2"/>')
            parts.append(f'<text class="{"small" if row else ""}" x="{LEFT + value * scale + 8:.1f}" y="{y + 13}">{label}</text>')
    return "\n".join(parts + ["</svg>", ""])


def number(value):
    """Two or three significant digits."""
    digits = 1000 if value >= 100_000 else 100 if value >= 10_000 else 10
    return f"{round(value / digits) * digits:,}"
