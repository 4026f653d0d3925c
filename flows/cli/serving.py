"""Declares commands for servers: serve, deploy, worker."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import Config, Json, Out, app, print_result

Server = Annotated[
    Path | None,
    typer.Option("--server", help="Folder of `serve --only-servers`; left out: the servers named in the environment."),
]
Pool = Annotated[str, typer.Option("--pool", help="The Prefect work pool; made where there is none.")]


@app.command()
def serve(
    config: Config,
    out: Out = Path("out"),
    prefect_port: Annotated[int, typer.Option(help="Where Prefect listens on this machine.")] = 4200,
    mlflow_port: Annotated[int, typer.Option(help="Where MLflow listens on this machine.")] = 5000,
    only_servers: Annotated[
        bool,
        typer.Option(
            "--only-servers", help="No site's runs: servers for several, each added with `neighbourly deploy`."
        ),
    ] = False,
    systemd: Annotated[
        bool, typer.Option("--systemd", help="Start nothing; print systemd units for it instead.")
    ] = False,
) -> None:
    """Start Prefect, MLflow and the scheduled runs, in one terminal."""
    if systemd:
        typer.echo(
            _units(config.resolve(), out.resolve(), prefect_port, mlflow_port, only_servers=only_servers), nl=False
        )
        return
    from flows import serve as serving

    (serving.servers if only_servers else serving.serve)(config, out, prefect_port, mlflow_port)


def _units(config: Path, out: Path, prefect_port: int, mlflow_port: int, *, only_servers: bool) -> str:
    from flows import systemd
    from pipeline.settings import load_access, load_settings

    ports = ["--prefect-port", str(prefect_port), "--mlflow-port", str(mlflow_port)]
    if only_servers:
        load_access(config)
        return systemd.of_several_sites(config, out, ports)
    settings = load_settings(config)
    folder = getattr(settings.delivery.placed(settings.folder), "folder", None)
    return systemd.of_one_site(config, out, ports, [Path(folder)] if folder else [])


@app.command()
def deploy(
    config: Config, out: Out = Path("out"), server: Server = None, pool: Pool = "neighbourly", as_json: Json = False
) -> None:
    """Put a site's scheduled runs on servers that several sites share, under the site's name."""
    from flows import sites

    names = sites.deploy(config, out, server, pool)
    print_result({"deployments": names, "pool": pool, "next": f"neighbourly worker --pool {pool}"}, as_json=as_json)


@app.command()
def worker(
    server: Server = None,
    pool: Pool = "neighbourly",
    limit: Annotated[int, typer.Option("--limit", min=1, help="Runs at a time.")] = 1,
) -> None:
    """Do the runs of all sites of a pool as they fall due, one at a time; one worker per pool."""
    from flows import sites

    sites.work(server, pool, limit)
