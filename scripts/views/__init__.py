"""Vensim sketch views for a model: which thing stands in which view, where it stands, how that is written in the .mdl.

`plan` divides the variables over views; `blocks` sets stocks and flows; `layout` sets everything else, by Graphviz; `arrows`
bends the links around the labels; `sketch` is Vensim's text; `picture` draws what that text says.
"""
