"""Declares the command that follows lists until the clusters acknowledge them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import typer

from flows.cli.options import Json, Out, app, print_result


@app.command()
def deliveries(out: Out = Path("out"), as_json: Json = False) -> None:
    """Ask the carrier where each list is, and show everything that was sent. Exit code 1 if one was lost."""
    from flows.deliver import follow, parcels

    news = follow(out)
    every = parcels(out)
    if as_json:
        print_result({"news": len(news), "lists": [dataclasses.asdict(each) for each in every]}, as_json=True)
    else:
        lists = [f"{each.run} {each.cluster}: {each.standing} ({each.detail})" for each in every]
        print_result({"lists": lists, "news since the last time": len(news)}, as_json=False)
    if any(each.standing == "lost" for each in news):
        raise typer.Exit(1)
