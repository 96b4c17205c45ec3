"""Kernels forked from a process that has everything imported: the kernelspec `ebpm`.

For JupyterLab, Airflow and stock papermill: the first kernel of a process waits for the forker to
warm up, each further one is there at once. Elsewhere than on Linux kernels start as they always do.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from ebpm.warm.forker import Child, can_fork, shared_for_kernels
from ebpm.warm.messages import KERNEL, Task

POLL_SECONDS = 0.05


class WarmProvisioner(LocalProvisioner):
    """A local kernel, forked instead of started."""

    child: Child | None = None

    @property
    def has_process(self) -> bool:
        """Whether there is a kernel that was not yet seen to end."""
        return self.child is not None or super().has_process

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Forks the kernel; it listens where the connection file says."""
        if not can_fork():
            return await super().launch_kernel(cmd, **kwargs)
        folder = str(kwargs.get("cwd") or Path.cwd())
        environment = {**os.environ, **(kwargs.get("env") or {})}
        # The first time, the forker warms up: seconds in which others shall not wait.
        self.child = await asyncio.to_thread(_forked, cmd[2:], folder, environment)
        self.pid = self.pgid = self.child.pid
        return self.connection_info

    async def poll(self) -> int | None:
        """None while the kernel lives."""
        if self.child is None:
            return await super().poll()
        return self.child.poll()

    async def wait(self) -> int | None:
        """Waits for the kernel's end; its exit code."""
        if self.child is None:
            return await super().wait()
        while (status := self.child.poll()) is None:
            await asyncio.sleep(POLL_SECONDS)
        self.child.end()
        self.child = None
        return status

    async def send_signal(self, signum: int) -> None:
        """A signal to the kernel; an interrupt reaches what it started, too."""
        if self.child is None:
            await super().send_signal(signum)
        elif self.child.poll() is None:
            os.killpg(self.child.pid, signum)

    async def kill(self, restart: bool = False) -> None:
        """Ends the kernel at once."""
        if self.child is None:
            await super().kill(restart=restart)
        else:
            self.child.end()

    async def terminate(self, restart: bool = False) -> None:
        """Asks the kernel to end."""
        await self.send_signal(signal.SIGTERM)

    async def get_provisioner_info(self) -> dict[str, Any]:
        """What outlives this process is not handed on: children end with their forker."""
        return {**await super().get_provisioner_info(), "python": sys.executable}


def _forked(command: list[str], folder: str, environment: dict[str, str]) -> Child:
    """A kernel, which ends when its parent has gone."""
    forker = shared_for_kernels()
    own = {**environment, "JPY_PARENT_PID": str(forker.pid)}
    return forker.child(Task(KERNEL, folder, own, command=command))
