"""Run jobs through joblib: in this process, on this machine's cores, or on a Dask or Ray cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import joblib
from joblib.externals.loky import get_reusable_executor

LOCAL_BACKENDS = ("loky", "threading", "multiprocessing")


class Workers:
    """Runs lists of jobs one after another on the same workers.

    Parameters
    ----------
    n_workers
        Jobs at once; one per core by default, and on a cluster as many as it takes.
    backend
        ``loky``, ``threading``, ``multiprocessing``, ``dask`` (a local cluster, or the one DASK_SCHEDULER_ADDRESS
        names), ``dask:ADDRESS`` or ``ray``. A cluster's machines must see the set's folder under the same path.
    """

    def __init__(self, n_workers: int | None, backend: str):
        self.n_workers, self.backend = n_workers, backend

    def run(self, jobs: list[Any]) -> Iterator[Any]:
        """The jobs' results in their order, each as soon as it and those before it are there.

        Clusters give all results at the end.
        """
        if self.backend in LOCAL_BACKENDS:
            n_workers = min(self.n_workers or joblib.cpu_count(), len(jobs))
            backend = self.backend if n_workers > 1 else "sequential"
            return joblib.Parallel(n_jobs=n_workers, backend=backend, return_as="generator")(jobs)
        # Only the configuration, not Parallel, knows how to register a cluster's backend.
        with joblib.parallel_config(backend=self.backend.partition(":")[0]):
            return iter(joblib.Parallel(n_jobs=self.n_workers or -1)(jobs))


@contextmanager
def workers_of(n_workers: int | None, backend: str) -> Iterator[Workers]:
    """Workers, and the connection to their cluster for as long as they are needed.

    Raises
    ------
    ValueError
        For a backend that joblib does not know, or whose package is not installed or cluster not reached.
    """
    name, _, address = backend.partition(":")
    if name not in (*LOCAL_BACKENDS, "dask", "ray"):
        known = ", ".join((*LOCAL_BACKENDS, "dask", "dask:ADDRESS"))
        raise ValueError(f"Unknown backend {backend!r} (known: {known}, ray).")
    try:
        with _cluster(name, address):
            yield Workers(n_workers, backend)
    except ImportError as error:
        package = {"dask": "distributed"}.get(name, name)
        raise ValueError(f"The backend {name} needs a package; `pip install {package}` ({error}).") from None


@contextmanager
def _cluster(name: str, address: str) -> Iterator[None]:
    if name == "dask":
        from distributed import Client

        with Client(address or None):
            yield
    elif name == "ray":
        from ray.util.joblib import register_ray

        register_ray()
        yield
    else:
        try:
            yield
        finally:
            if name == "loky":  # its workers would wait for more, 300 MB each, while this process serves
                get_reusable_executor(reuse=True).shutdown()
