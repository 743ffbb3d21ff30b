"""Pictures for print, a kind a module: `draw_<kind>` draws one panel, `<kind>_pictures` makes whole sheets.

    series    outcomes over time, a line a scenario, with what was observed
    bands     what the uncertainties make of an outcome, a panel a scenario
    fit       observed series and the run that was fitted to them
    tornado   how far each input alone moves an outcome, a bar an input
    stacked   people by where they are, or by group, as areas over time
    flows     who went from where to where in a span of years, as bands
    quadrant  the scenarios at the corners of their plane, each with a small chart
    plane     outcomes all over the plane, as maps
    corners   which corner is best over two uncertainties, as maps

A panel takes and returns axes, and prints and shows nothing. A sheet is a `Picture`: the figure, its words, its numbers.
"""
