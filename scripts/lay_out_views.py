"""Lay out a model's Vensim views, and write them at the end of its .mdl.

    python scripts/lay_out_views.py social_economy --pictures /tmp/views

A view that still says what the equations say stays as it is, to the byte, also when somebody moved things in Vensim; the others
are laid out anew, which takes Graphviz. Nothing above the sketch changes.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

from views import picture, sketch
from views.layout import laid_out
from views.plan import plans
from views.reading import says

import sdsocec
from sdsocec.errors import SdsocecError


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a model of the project, a folder or a .mdl file")
    parser.add_argument("--anew", action="store_true", help="lay out every view anew")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="also draw every view to a .png")
    arguments = parser.parse_args()
    try:
        loaded = sdsocec.load_model(arguments.model)
    except SdsocecError as error:
        print(error, file=sys.stderr)
        return 2
    path = Path(loaded.equations.path)
    equations, old = sketch.split(path.read_bytes().decode("utf-8"))
    old_pages, end = sketch.pages(old)
    by_name = {sketch.read(page).name: page for page in old_pages}
    wanted = plans(loaded.equations, loaded.card)
    standing = {
        plan.name: by_name[plan.name]
        for plan in wanted
        if not arguments.anew and plan.name in by_name and says(sketch.read(by_name[plan.name]), plan)
    }
    missing = [plan for plan in wanted if plan.name not in standing]
    if missing and shutil.which("dot") is None:
        print("Laying out views takes Graphviz, and there is no `dot` on the path: install graphviz.", file=sys.stderr)
        return 2
    with ProcessPoolExecutor() as pool:
        laid = list(pool.map(laid_out, repeat(loaded.equations), missing)) if missing else []
    new = standing | {view.name: view.text() for view in laid}
    pages = [new[plan.name] for plan in wanted]
    path.write_bytes((equations + "".join(pages) + (end or sketch.END + "\n")).encode("utf-8"))
    print(f"{path}: {len(wanted)} views, {len(missing)} laid out anew")
    if arguments.pictures:
        arguments.pictures.mkdir(parents=True, exist_ok=True)
        for number, page in enumerate(pages, 1):
            view = sketch.read(page)
            name = "".join(c if c.isalnum() else "-" for c in view.name)
            picture.draw(view, arguments.pictures / f"{number:02d}-{name}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
