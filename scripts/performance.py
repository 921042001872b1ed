#!/usr/bin/env python3
"""Writes docs/performance.md, its plots and docs/performance.json from what `make bench` measured, and from nothing else.

    scripts/performance.py TARGET        the folder in which the benches left their JSON files

What was not run is told as not run.
"""

import json
import sys
from html import escape
from math import ceil, floor, log10
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"

HEAD = """# Performance

Written by `make bench` from the run that it describes; [performance.json](performance.json) has its numbers.
"""

SIGN = """## Signing and verifying

URLs per second of processor time of one core: the median of {rounds} rounds of {slice} s, and the slowest and the fastest round.
In each round all tools take turns. *Of the hashing* is the part of the speed of the bare hashing that a signature cannot do
without, one compression after the other, in the same run. Before anything is measured the signature of each tool is verified, and
the text of cospass is compared with that of the Python SDK. Where another tool signs the same names, its signature is the one
that cospass makes at that time; where it does not, the names are told.

| | |
|---|---|
| machine | {machine}, {core} |
| load | {load} |
| cospass | {cospass}, a batch hashes with {engine} |
"""


def thousands(number):
    return f"{number:,.0f}"


def short(number):
    return thousands(number) if number >= 100 else f"{number:g}" if number < 1 else f"{number:.1f}"


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


def spread(rate):
    """Two cells: the median, and the two ends."""
    return f"{thousands(rate['median'])} | {thousands(rate['min'])}–{thousands(rate['max'])}"


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
            lines.append(f"| {row['tool']} | {spread(row['urls_per_second'])} | {row['to_floor']:.3f} |")
    if batches := run.get("batches"):
        threads, lengths = batches["threads"], batches["lengths"]
        lines += ["\n### Batches\n", "W1, URLs per second: `sign_many` by the time that passes, the lengths by the processor's time.\n"]
        lines += ["| | median | slowest–fastest | ratio |", "|---|--:|---|--:|"]
        of = [("one thread", threads["one"], 1.0), ("two threads", threads["two"], threads["ratio"])]
        # Runs of an earlier day have none.
        if hashing := threads.get("hashing"):
            of += [("blocks of bare hashing, one thread", hashing["one"], 1.0)]
            of += [("the same, two threads: what the machine has", hashing["two"], hashing["ratio"])]
        longest = ", ".join(map(str, lengths["lengths"]))
        of += [(f"keys of {longest} bytes, each length by itself", lengths["uniform"], 1.0)]
        of += [("the same keys in any order", lengths["mixed"], lengths["ratio"])]
        lines += [f"| {what} | {spread(rate)} | {ratio:.3f} |" for what, rate, ratio in of]
    lines += ["", "![URLs per second](performance.svg)", "", "The scale is logarithmic; a line spans the slowest and the fastest round."]
    return "\n".join(lines)


def plot(rows):
    """A bar for each tool of each group, on a logarithmic scale: rows of group, tool, and the rate with its two ends."""
    least = min(rate["min"] for _, _, rate in rows)
    most = max(rate["max"] for _, _, rate in rows)
    # Whole powers of ten.
    low, high = floor(log10(least)), ceil(log10(most))
    left, width, line = 240, 520, 16

    def at(number):
        return left + width * (log10(number) - low) / (high - low)

    parts, y, before = [], 24, None
    for group, tool, rate in rows:
        if group != before:
            y += line
            parts.append(f'<text x="8" y="{y + 11}" font-weight="bold">{escape(group)}</text>')
            y += line + 4
            before = group
        colour = "#1f6feb" if tool.startswith("cospass") else "#8b949e"
        end, first, last = at(rate["median"]), at(rate["min"]), at(rate["max"])
        parts.append(f'<text x="{left - 8}" y="{y + 11}" text-anchor="end">{escape(tool)}</text>')
        parts.append(f'<rect x="{left}" y="{y + 2}" width="{end - left:.1f}" height="{line - 5}" fill="{colour}"/>')
        parts.append(f'<path d="M{first:.1f} {y + 7}H{last:.1f}" stroke="#24292f" stroke-width="2"/>')
        parts.append(f'<text x="{max(end, last) + 6:.1f}" y="{y + 11}">{short(rate["median"])}</text>')
        y += line
    bottom = y + 8
    for power in range(low, high + 1):
        x = at(10.0**power)
        parts.insert(0, f'<path d="M{x:.1f} 20V{bottom}" stroke="#d0d7de"/>')
        parts.insert(0, f'<text x="{x:.1f}" y="14" text-anchor="middle">{short(10.0**power)}</text>')
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


PYTHON = """## The Python package beside the official SDK

cospass {ours}, cos-python-sdk-v5 {theirs}, in one process, taking turns. Calls per second of the processor's time; `presign_many`
of a million keys by the time that passes, beside W1 of the official SDK. Medians, with the slowest and the fastest round.

| | cospass | slowest–fastest | official SDK | slowest–fastest | times |
|---|--:|---|--:|---|--:|"""


def python(run):
    ours, theirs = run["versions"]
    lines = [PYTHON.format(ours=ours, theirs=theirs)]
    for row in run["calls"]:
        lines.append(f"| {row['workload']} | {spread(row['cospass'])} | {spread(row['official'])} | {row['ratio']:.1f} |")
    first = run["calls"][0]["official"]
    for row in run["many"]:
        what = f"`presign_many`, {row['keys']}, threads: {row['threads']}"
        lines.append(f"| {what} | {spread(row['urls'])} | {spread(first)} | {row['ratio']:.0f} |")
    lines += ["", f"At most {run['mib']:,.0f} MiB were in memory, with a million keys and their URLs.", "", "![Calls per second](performance-python.svg)"]
    return "\n".join(lines)


def plot_python(run):
    rows = []
    for row in run["calls"]:
        rows += [(row["workload"], tool, row[of]) for tool, of in (("cospass", "cospass"), ("official SDK", "official"))]
    rows += [("presign_many", f"cospass, {row['keys']}, threads: {row['threads']}", row["urls"]) for row in run["many"]]
    return plot(rows)


LISTING = """## Listing

A page out of so many objects: the time within which half and 99 of 100 came, and the processor's time of the endpoint for one.

| objects | page | half, ms | 99 %, ms | processor, ms |
|--:|---|--:|--:|--:|"""


def listing(run):
    lines = [LISTING]
    for row in run["pages"]:
        times = " | ".join(f"{row[name]:.2f}" for name in ("half", "most", "processor"))
        lines.append(f"| {row['objects']:,} | {row['page']} | {times} |")
    lines += ["", "| the endpoint's memory | MB |", "|---|--:|"]
    lines += [f"| {row['state']} | {row['megabytes']:.1f} |" for row in run["memory"]]
    return "\n".join(lines)


TRANSFERS = """## Transfers

Seconds that pass, the median with the shortest and the longest round, and the processor's seconds of the tool; all take turns
with one endpoint. The Python SDK finds it as a proxy, for which urllib3 leaves Nagle's algorithm on: each upload sends its body when
the endpoint has acknowledged its head.

| | tool | seconds | shortest–longest | times ours | processor, s | MiB |
|---|---|--:|---|--:|--:|--:|"""


def transfers(run):
    lines = [TRANSFERS]
    for what, tools in run.items():
        for tool, row in tools.items():
            ends = f"{row['least']:.2f}–{row['most']:.2f}"
            lines.append(
                f"| {what} | {tool} | {row['seconds']:.2f} | {ends} | {row['ratio']:.2f} | {row['processor']:.2f} | {row['mib']:.0f} |"
            )
    return "\n".join([*lines, "", "![Seconds](performance-transfers.svg)"])


def plot_transfers(run):
    def rate(row):
        return {"median": row["seconds"], "min": row["least"], "max": row["most"]}

    return plot([(what, tool, rate(row)) for what, tools in run.items() for tool, row in tools.items()])


def plot_sign(run):
    return plot([(f"{row['workload']}: {row['title']}", row["tool"], row["urls_per_second"]) for row in run["results"]])


# What is told of each bench, in this order: its title where it was not run, its text, and its plot.
SECTIONS = {
    "sign": ("Signing and verifying", sign, ("performance.svg", plot_sign)),
    "python": ("The Python package beside the official SDK", python, ("performance-python.svg", plot_python)),
    "endpoint": ("The endpoint beside nginx", endpoint, None),
    "listing": ("Listing", listing, None),
    "transfers": ("Transfers", transfers, ("performance-transfers.svg", plot_transfers)),
}


def not_run(title):
    return f"## {title}\n\nNot run."


def main():
    folder = Path(sys.argv[1])
    runs = {name: read(folder, f"{name}.json") for name in SECTIONS}
    parts = [HEAD]
    for name, (title, text, drawn) in SECTIONS.items():
        run = runs[name]
        parts.append((text(run) if run else not_run(title)) + "\n")
        if drawn:
            file, draw = drawn
            (DOCS / file).unlink(missing_ok=True)
            if run:
                (DOCS / file).write_text(draw(run))
    (DOCS / "performance.md").write_text("\n".join(parts).rstrip() + "\n")
    (DOCS / "performance.json").write_text(json.dumps(runs, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
