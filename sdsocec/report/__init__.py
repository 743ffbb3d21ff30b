"""What people read: tables and figures, in Dutch and English.

    texts      the catalogues: every text that a reader of tables and figures sees (texts/en.toml, texts/nl.toml)
    numbers    how a number is written, and rounded, in each language
    conditions the place and the start that a result must not be read without
    parting    when scenarios part, and what they are called
    tables     the outcomes in one table
    people     who is where at the end
    flows      who went from where to where: an account that closes
    costs      what scenarios cost against the baseline, and what that brings
    comparison scenarios minus the first of them
    levers     what the levers of each holder change
    figures    the overview figure; PNG and SVG with their provenance and alternative text
    hindcast_tables, hindcast_figure  the test years beside the scenarios; the plane as maps
    verification  a result run again and compared; remade makes its files, verification_sweep is for sweeps
    plots      pictures for print, a kind a file; picture, sheet, style: what they are drawn on and with
    sensitivity_*, robust_*, sweep, bands  tables and figures of experiments
    lettering  text in figures: broken into lines, shortened, kept from overlapping

Start with `outcome_table`, `draw_overview`, `render`. Imports everything below it but the command line.
"""

from .figures import describe_overview, draw_overview, render, save_figure
from .tables import Table, outcome_table

__all__ = ["Table", "describe_overview", "draw_overview", "outcome_table", "render", "save_figure"]
