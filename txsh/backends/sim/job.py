"""A job: its state, its coroutine, its pauses and its end.

Knows nothing of what a job does (`job_driver.py`) nor of those that live or die with it (`job_group.py`).
Source: QEMU job.c, blockjob.c.
"""

from __future__ import annotations

from errno import ECANCELED, ENOSPC
from os import strerror

from txsh.backends.base import CommandFailed
from txsh.backends.sim.graph import attach, detach
from txsh.backends.sim.job_driver import Progress
from txsh.backends.sim.job_group import Group
from txsh.backends.sim.job_table import COMPLETED, TRANSITIONS, VERBS
from txsh.backends.sim.loop import Coroutine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

    from txsh.backends.sim.job_driver import JobDriver
    from txsh.backends.sim.node import Child, Node
    from txsh.backends.sim.world import World


class Job:
    """One job.

    Attributes:
        status: one of those in `job_table`.
        error: an errno, 0 for none.
        edges: the nodes that it holds, last taken first.
    """

    stays_at_node = True
    __slots__ = (
        "auto_dismiss",
        "auto_finalize",
        "busy",
        "cancelled",
        "coroutine",
        "deferred",
        "driver",
        "edges",
        "error",
        "group",
        "id",
        "io_status",
        "pause_count",
        "paused",
        "progress",
        "references",
        "speed",
        "status",
        "user_paused",
        "world",
    )

    def __init__(
        self,
        world: World,
        job_id: str,
        driver: JobDriver,
        group: Group | None,
        *,
        auto_finalize: bool,
        auto_dismiss: bool,
    ) -> None:
        self.world = world
        self.id = job_id
        self.driver = driver
        self.status = "undefined"
        self.busy = False
        self.paused = True
        self.pause_count = 1
        self.user_paused = False
        self.cancelled = False
        self.deferred = False
        self.coroutine: Coroutine | None = None
        self.auto_finalize = auto_finalize
        self.auto_dismiss = auto_dismiss
        self.error = 0
        self.io_status = "ok"
        self.references = 1
        self.speed = 0
        self.progress = Progress()
        self.edges: list[Child] = []
        self.group: Group | None = Group() if group is None else group
        self.transition("created")
        world.jobs.insert(0, self)
        self.group.jobs.insert(0, self)

    # States

    def transition(self, status: str) -> None:
        """Change the state and say so."""
        assert status in TRANSITIONS[self.status], f"{self.status} -> {status}"
        changed = status != self.status
        self.status = status
        if changed:
            self.world.emit("JOB_STATUS_CHANGE", {"status": status, "id": self.id})

    def apply_verb(self, verb: str) -> None:
        """Refuse a verb that the state does not accept.

        Raises:
            CommandFailed: it does not.
        """
        if self.status not in VERBS[verb]:
            raise CommandFailed(
                "GenericError", f"Job '{self.id}' in state '{self.status}' cannot accept command verb '{verb}'"
            )

    @property
    def completed(self) -> bool:
        """Whether its work is over, whatever came of it."""
        return self.status in COMPLETED

    def is_cancelled(self) -> bool:
        """Whether it was told to stop; a coroutine asks again after each pause."""
        return self.cancelled

    # An edge's parent

    def description(self) -> str:
        """How QEMU calls it in a refusal."""
        return f"{self.driver.type} job '{self.id}'"

    def drained_begin(self) -> None:
        """Pause. Source: QEMU blockjob.c, child_job_drained_begin."""
        self.pause()

    def drained_poll(self) -> bool:
        """Whether it is still at work."""
        return self.busy and not self.completed

    def drained_end(self) -> None:
        """Go on."""
        self.resume()

    def add_node(self, name: str, node: Node, allowed: frozenset[str] = frozenset()) -> None:
        """Hold a node and block operations on it, except those allowed."""
        self.edges.insert(0, attach(self, name, node))
        node.blockers.insert(0, (self.blocker, allowed))

    def remove_nodes(self) -> None:
        """Let go of the nodes. Source: QEMU blockjob.c, block_job_remove_all_bdrv."""
        with self.world.graph_lock.write():
            while self.edges:
                child = self.edges.pop(0)
                child.node.blockers = [each for each in child.node.blockers if each[0] is not self.blocker]
                detach(child)

    @property
    def blocker(self) -> str:
        """The reason that it gives for refused operations."""
        return self.driver.blocker

    # Running

    def start(self) -> None:
        """Begin the work. Source: QEMU job.c, job_start."""
        self.coroutine = Coroutine(self._entry())
        self.pause_count -= 1
        self.busy = True
        self.paused = False
        self.transition("running")
        self.world.loop.enter(self.coroutine)

    def enter(self) -> None:
        """Let its coroutine go on if it waits. Source: QEMU job.c, job_enter_cond_locked."""
        if self.coroutine is None or self.deferred or self.busy:
            return
        self.busy = True
        self.world.loop.wake(self.coroutine)

    def pause_point(self) -> Generator[None, None, None]:
        """Pause here if somebody wants it. Source: QEMU job.c, job_pause_point_locked."""
        if self.pause_count == 0 or self.cancelled:
            return
        yield from self.driver.pause()
        if self.pause_count > 0 and not self.cancelled:
            status = self.status
            self.transition("standby" if status == "ready" else "paused")
            self.paused = True
            yield from self._wait()
            self.paused = False
            self.transition(status)

    def wait(self) -> Generator[None, None, None]:
        """Wait until entered. Source: QEMU job.c, job_yield."""
        if self.cancelled:
            return
        if self.pause_count == 0:
            yield from self._wait()
        yield from self.pause_point()

    def pause(self) -> None:
        """One more reason to pause."""
        self.pause_count += 1
        if not self.paused:
            self.enter()

    def resume(self) -> None:
        """One reason less."""
        assert self.pause_count > 0
        self.pause_count -= 1
        if self.pause_count == 0:
            self.enter()

    def user_pause(self) -> None:
        """job-pause.

        Raises:
            CommandFailed: the state does not accept it, or it is paused already.
        """
        self.apply_verb("pause")
        if self.user_paused:
            raise CommandFailed("GenericError", "Job is already paused")
        self.user_paused = True
        self.pause()

    def user_resume(self) -> None:
        """job-resume.

        Raises:
            CommandFailed: nobody has paused it, or the state does not accept it.
        """
        if not self.user_paused or self.pause_count <= 0:
            raise CommandFailed("GenericError", "Can't resume a job that was not paused")
        self.apply_verb("resume")
        self.io_status = "ok"
        self.user_paused = False
        self.resume()

    def set_speed(self, speed: int) -> None:
        """block-job-set-speed. The job itself does not sleep for its speed; what its driver runs does.

        Raises:
            CommandFailed: the state does not accept it, or the speed is negative.
        """
        self.apply_verb("set-speed")
        if speed < 0:
            raise CommandFailed("GenericError", "Parameter 'speed' expects a non-negative value")
        self.speed = speed
        self.driver.set_speed(speed)

    def error_action(self, policy: str, operation: str, errno: int) -> str:
        """What a policy says to an error; tells it, and pauses for ``stop``. Source: QEMU blockjob.c."""
        action = policy
        if policy in ("enospc", "auto"):
            action = "stop" if errno == ENOSPC else "report"
        self.world.emit("BLOCK_JOB_ERROR", {"device": self.id, "operation": operation, "action": action})
        if action == "stop":
            if not self.user_paused:
                self.pause()
                self.user_paused = True
            if self.io_status == "ok":
                self.io_status = "nospace" if errno == ENOSPC else "failed"
        return action

    # The end

    def user_cancel(self) -> None:
        """job-cancel.

        Raises:
            CommandFailed: the state does not accept it.
        """
        self.apply_verb("cancel")
        self.cancel()

    def cancel(self) -> None:
        """Cancel by force; backup knows no other way. Source: QEMU job.c, job_cancel_locked."""
        if self.status == "concluded":
            self._dismiss()
            return
        self.cancel_async()
        if self.coroutine is None:
            self._complete()
        elif self.deferred:
            assert self.group is not None
            self.group.abort(self)
        else:
            self.enter()

    def cancel_sync(self) -> None:
        """Cancel and wait until it is over."""
        self.hold()
        self.cancel()
        self.finish_sync()
        self.let_go()

    def finalize(self) -> None:
        """job-finalize.

        Raises:
            CommandFailed: it is not pending.
        """
        self.apply_verb("finalize")
        assert self.group is not None
        self.hold()
        self.group.finalize()
        self.let_go()

    def dismiss(self) -> None:
        """job-dismiss.

        Raises:
            CommandFailed: it is not concluded.
        """
        self.apply_verb("dismiss")
        self._dismiss()

    def early_fail(self) -> None:
        """Vanish before anything happened. Source: QEMU job.c, job_early_fail."""
        self._dismiss()

    # Private: the coroutine

    def _entry(self) -> Generator[None, None, None]:
        yield from self.pause_point()
        self.error = yield from self.driver.run()
        self.deferred = True
        self.busy = True
        self.world.loop.schedule(self._exit)

    def _wait(self) -> Generator[None, None, None]:
        self.busy = False
        yield
        assert self.busy

    def _exit(self) -> None:
        """In the main loop, after the coroutine has ended. Source: QEMU job.c, job_exit."""
        self.hold()
        self.busy = False
        self._complete()
        self.let_go()

    # The group

    def _leave(self) -> None:
        if self.group is not None:
            self.group.jobs.remove(self)
            self.group = None

    def _complete(self) -> None:
        assert not self.completed
        assert self.group is not None
        self._update_error()
        if self.error:
            self.group.abort(self)
        else:
            self.transition("waiting")
            self.group.succeeded()

    def cancel_async(self) -> None:
        """Ask it to stop, and wait for nothing."""
        self.driver.cancel()
        if self.user_paused:
            self.io_status = "ok"
            self.user_paused = False
            self.pause_count -= 1
        self.cancelled = True

    def finish_sync(self) -> None:
        """Poll until the work is over; a job that was never started never gets there (B3)."""

        def unfinished() -> bool:
            self.enter()
            return not self.completed

        self.hold()
        self.world.loop.wait_while(unfinished)
        self.let_go()

    def _update_error(self) -> None:
        if not self.error and self.cancelled:
            self.error = ECANCELED
        if self.error:
            self.transition("aborting")

    def finalize_single(self) -> None:
        """Commit or abort its own work, and conclude. Source: QEMU job.c, job_finalize_single_locked."""
        assert self.completed
        self._update_error()
        if self.error:
            self.driver.abort()
        else:
            self.driver.commit()
        self.driver.clean()
        if self.coroutine is not None and self.driver.is_block_job:
            self._tell_end()
        self._leave()
        self._conclude()

    def _tell_end(self) -> None:
        data: dict[str, Any] = {
            "device": self.id,
            "len": self.progress.total,
            "offset": self.progress.current,
            "speed": self.speed,
            "type": self.driver.type,
        }
        if not self.cancelled and self.error:
            data["error"] = self.error_text
        self.world.emit("BLOCK_JOB_CANCELLED" if self.cancelled else "BLOCK_JOB_COMPLETED", data)

    @property
    def error_text(self) -> str:
        """What its driver says of the failure, or the text of its errno."""
        return self.driver.error_description or strerror(self.error)

    def _conclude(self) -> None:
        self.transition("concluded")
        if self.auto_dismiss or self.coroutine is None:
            self._dismiss()

    def _dismiss(self) -> None:
        self.busy = False
        self.paused = False
        self.deferred = True
        self._leave()
        self.transition("null")
        self.let_go()

    def hold(self) -> None:
        """Keep it until `let_go`, whatever becomes of it."""
        self.references += 1

    def let_go(self) -> None:
        """Free it, unless somebody else still needs it; of a block job that changes the graph.

        Source: QEMU job.c, job_unref; blockjob.c, block_job_free.
        """
        self.references -= 1
        if self.references == 0:
            if self.driver.is_block_job:
                self.remove_nodes()
            self.world.jobs.remove(self)
