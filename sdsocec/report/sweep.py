"""What a sweep holds, in words and a table."""

from __future__ import annotations

from collections.abc import Sequence

from sdsocec.analysis.sweep import Sweep
from sdsocec.results.store import Block

from .numbers import format_number
from .texts import text

MOST_SHOWN = 10


def status_table(
    sweep: Sweep, damaged: Sequence[tuple[Block, str]], language: str
) -> tuple[tuple[str, str], list[tuple[str, str]]]:
    """Header and rows: what was designed, how much of it is there, how much of that is not finite."""
    design, store = sweep.design, sweep.store

    def number(value: float) -> str:
        return format_number(value, language, decimals=0)

    n_whole = sum(store.is_listed(block) for block in store.layout.blocks) - len(damaged)
    blocks = {"done": number(n_whole), "total": number(len(store.layout.blocks)), "damaged": number(len(damaged))}
    runs = len(sweep.runs) * len(sweep.scenarios)
    size = store.bytes_stored
    rows = [
        ("model", f"{design.model} ({design.model_sha256[:12]})"),
        ("scenarios", ", ".join(sweep.scenarios)),
        ("design", text(language, "sweep_design", design=design.design, seed=design.seed, n=number(design.n))),
        ("factors", ", ".join(factor.name for factor in sweep.factors)),
        ("outputs", ", ".join(sweep.outputs)),
        ("times", text(language, "sweep_times", first=f"{sweep.times[0]:g}", last=f"{sweep.times[-1]:g}", n=len(sweep.times))),
        ("start", text(language, f"sweep_start_{design.initial}")),
        ("rows", text(language, "sweep_of", done=number(len(sweep.runs)), total=number(design.n))),
        ("blocks", text(language, "sweep_blocks", **blocks)),
        ("not_finite", text(language, "sweep_of", done=number(sweep.n_not_finite), total=number(runs))),
        ("size", text(language, "sweep_size", size=number(size), each=number(size / runs if runs else 0))),
    ]  # fmt: skip
    if sweep.n_no_equilibrium:
        unstarted = text(language, "sweep_of", done=number(sweep.n_no_equilibrium), total=number(runs))
        rows.insert([key for key, _ in rows].index("not_finite") + 1, ("no_equilibrium", unstarted))
    versions = [text(language, "sweep_version", name=n, here=here, was=was) for n, here, was in sweep.other_versions]
    rows += [("versions", ", ".join(versions))] if versions else []
    header = (text(language, "sweep"), str(sweep.folder))
    return header, [(text(language, f"sweep_label_{key}"), value) for key, value in rows]


def damage_lines(sweep: Sweep, damaged: Sequence[tuple[Block, str]], language: str) -> list[str]:
    """Which blocks are damaged or not there, and what to do."""
    lines = [
        text(language, "sweep_damaged", block=block.number, part=block.part, what=what)
        for block, what in damaged[:MOST_SHOWN]
    ]
    if len(damaged) > MOST_SHOWN:
        lines.append(text(language, "sweep_more", n=len(damaged) - MOST_SHOWN))
    if damaged or not sweep.is_finished:
        lines.append(text(language, "sweep_go_on", command=f'sdsocec sweep --resume -o "{sweep.folder}"'))
    return lines
