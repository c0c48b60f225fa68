"""A reverse proxy in a few lines: takes each connection to the first replica that accepts one, in turn."""

import asyncio
import itertools
import threading


class Balancer:
    """Listens on ``port`` and passes bytes to the replicas' ports, from a thread of its own."""

    def __init__(self, port: int, replicas: list[int]) -> None:
        self.port, self.turn, self.replicas = port, itertools.count(), replicas
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_until_complete, args=(self._serve(),), daemon=True)

    def __enter__(self) -> "Balancer":
        self.ready = threading.Event()
        self.thread.start()
        self.ready.wait(10)
        return self

    def __exit__(self, *_) -> None:
        self.loop.call_soon_threadsafe(self.stop.set)
        self.thread.join(10)

    async def _serve(self) -> None:
        self.stop = asyncio.Event()
        server = await asyncio.start_server(self._take, "127.0.0.1", self.port)
        self.ready.set()
        await self.stop.wait()
        server.close()
        open_ones = asyncio.all_tasks() - {asyncio.current_task()}
        for task in open_ones:
            task.cancel()
        await asyncio.gather(*open_ones, return_exceptions=True)

    async def _take(self, reader, writer) -> None:
        first = next(self.turn)
        for i in range(len(self.replicas)):
            try:
                port = self.replicas[(first + i) % len(self.replicas)]
                upstream, downstream = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                continue
            await asyncio.gather(_pass(reader, downstream), _pass(upstream, writer))
            return
        writer.close()


async def _pass(reader, writer) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass  # the replica was killed: the client sees its connection end, as behind any proxy
    finally:
        writer.close()
