"""Read a model: a .mdl file in, a typed representation out, with its card and its project.

    source       the file's text, read safely; where each definition stands
    reader       PySD's parser -> `Model`, by parsing, converting and resolving
    ir           what a model is: variables, equations, expressions
    names        when two names are one
    structure    causes, uses and the order of equations
    card         what `model.toml` says about a model
    people       the flows of people of a card, element by element
    units        units as products of powers
    project      which models and scenarios belong together

Start with `read_model`, `Model`, `Variable`. Imports nothing else of sdsocec (but errors and the cache).
"""

from .ir import Equation, Model, Variable
from .reader import read_model

__all__ = ["Equation", "Model", "Variable", "read_model"]
