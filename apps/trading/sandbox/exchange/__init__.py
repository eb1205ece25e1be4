"""The sandbox exchange process: pure asyncio, no Django."""
