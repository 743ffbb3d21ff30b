"""The command line: one file a command, each a thin layer over the API.

Progress, notices and errors go to stderr; tables and data to stdout or into files. Exit codes: 0 fine, 1 a check or run failed,
2 a mistake in what was typed or in a file, 130 stopped by Ctrl-C.
"""
