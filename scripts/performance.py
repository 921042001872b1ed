#!/usr/bin/env python3
"""Writes docs/performance.md, its plot and docs/performance.json from what `make bench` measured, and from nothing else.

    scripts/performance.py TARGET        the folder in which bench-sign and bench-endpoint left their JSON files

What was not run is told as not run.
"""

import json
import sys
from html import escape
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"

HEAD = """# Performance

Written by `make bench` from the run that it describes; [performance.json](performance.json) has its numbers.
"""

SIGN = """## Signing and verifying

URLs per second of processor time of one core: the median of {rounds} rounds of {slice} s, and the slowest and the fastest round.
In each round all tools take turns. *Of the hashing* is the part of the speed of the bare hashing that a signature cannot do
without, one compression after the other, in the same run. Before anything is measured the signature of each tool is verified, and
the text of cospass is compared with that of the Python SDK.

| | |
|---|---|
| machine | {machine}, {core} |
| load | {load} |
| cospass | {cospass}, a batch hashes with {engine} |
"""


def thousands(number):
    return f"{number:,.0f}"


def read(folder, name):
    path = folder / name
    return json.loads(path.read_text()) if path.exists() else None


def load_of(run):
    """In words: a busy machine disturbs what does much between two hashes more than the bare hashing."""
    begin, end = run["load"]
    if begin is None or end is None:
        return "not known"
    words = f"{begin} processes wanted to run when it began, {end} when it ended"
    # What is measured is one of them.
    busy = max(begin, end) > 1.5
    return words + (": other work ran beside it, and the numbers are lower and wider for it" if busy else "")


def sign(run):
    core = "not bound to a core" if run["core"] is None else f"core {run['core']}"
    about = {
        "rounds": run["rounds"],
        "slice": run["slice_seconds"],
        "machine": run["machine"] or "not known",
        "core": core,
        "load": load_of(run),
        "cospass": run["cospass"],
        "engine": run["engine"],
    }
    lines = [SIGN.format(**about).rstrip()]
    for peer in run["peers"]:
        if "not_run" in peer:
            what = f"not run: {peer['not_run']}"
        else:
            what = f"{peer['version']}; signs W1 to W4 by: {'; '.join(peer['conventions'])}"
        lines.append(f"| {peer['name']} | {what} |")
    titles = {}
    for row in run["results"]:
        titles.setdefault(row["workload"], row["title"])
    for workload, title in titles.items():
        lines += [f"\n### {workload}: {title}\n", "| tool | per second | slowest–fastest | of the hashing |", "|---|--:|---|--:|"]
        for row in (row for row in run["results"] if row["workload"] == workload):
            rate = row["urls_per_second"]
            spread = f"{thousands(rate['min'])}–{thousands(rate['max'])}"
            lines.append(f"| {row['tool']} | {thousands(rate['median'])} | {spread} | {row['to_floor']:.3f} |")
    lines += ["", "![URLs per second](performance.svg)", "", "The scale is logarithmic; a line spans the slowest and the fastest round."]
    return "\n".join(lines)


def plot(run):
    """A bar for each tool of each workload, on a logarithmic scale."""
    rows = run["results"]
    least = min(row["urls_per_second"]["min"] for row in rows)
    most = max(row["urls_per_second"]["max"] for row in rows)
    # Whole powers of ten.
    low, high = len(str(int(least))) - 1, len(str(int(most)))
    left, width, line = 240, 520, 16

    def at(number):
        from math import log10

        return left + width * (log10(max(number, 1)) - low) / (high - low)

    parts, y, before = [], 24, None
    for row in rows:
        if row["workload"] != before:
            y += line
            parts.append(f'<text x="8" y="{y + 11}" font-weight="bold">{escape(row["workload"] + ": " + row["title"])}</text>')
            y += line + 4
            before = row["workload"]
        rate = row["urls_per_second"]
        ours = row["tool"].startswith("cospass")
        colour = "#1f6feb" if ours else "#8b949e"
        end, first, last = at(rate["median"]), at(rate["min"]), at(rate["max"])
        parts.append(f'<text x="{left - 8}" y="{y + 11}" text-anchor="end">{escape(row["tool"])}</text>')
        parts.append(f'<rect x="{left}" y="{y + 2}" width="{end - left:.1f}" height="{line - 5}" fill="{colour}"/>')
        parts.append(f'<path d="M{first:.1f} {y + 7}H{last:.1f}" stroke="#24292f" stroke-width="2"/>')
        parts.append(f'<text x="{max(end, last) + 6:.1f}" y="{y + 11}">{thousands(rate["median"])}</text>')
        y += line
    bottom = y + 8
    for power in range(low, high + 1):
        x = at(10**power)
        parts.insert(0, f'<path d="M{x:.1f} 20V{bottom}" stroke="#d0d7de"/>')
        parts.insert(0, f'<text x="{x:.1f}" y="14" text-anchor="middle">{thousands(10**power)}</text>')
    size = f'width="{left + width + 100}" height="{bottom + 8}"'
    style = 'font-family="sans-serif" font-size="11" fill="#24292f"'
    ground = '<rect width="100%" height="100%" fill="#ffffff"/>'
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>', ground, *parts, "</svg>", ""])


ENDPOINT = """## The endpoint beside nginx

cospass verifies a signature for each request, nginx none; both serve the same files. The median of {rounds} rounds, in which both
take turns, with the lowest and the highest. *disk* and *md5* are what the machine does with nothing else to do.

| | | median | lowest–highest | unit |
|---|---|--:|---|---|"""


def endpoint(run):
    rows = [ENDPOINT.format(rounds=run["rounds"])]
    for row in run["results"]:
        median, low, high = (f"{row[name]:,.1f}" for name in ("median", "min", "max"))
        rows.append(f"| {row['what']} | {row['tool']} | {median} | {low}–{high} | {row['unit']} |")
    return "\n".join(rows)


def main():
    folder = Path(sys.argv[1])
    runs = {name: read(folder, f"{name}.json") for name in ("sign", "endpoint")}
    parts = [HEAD]
    if runs["sign"]:
        parts.append(sign(runs["sign"]))
        (DOCS / "performance.svg").write_text(plot(runs["sign"]))
    else:
        parts.append("## Signing and verifying\n\nNot run.")
    parts.append("")
    parts.append(endpoint(runs["endpoint"]) if runs["endpoint"] else "## The endpoint beside nginx\n\nNot run.")
    (DOCS / "performance.md").write_text("\n".join(parts) + "\n")
    (DOCS / "performance.json").write_text(json.dumps(runs, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
