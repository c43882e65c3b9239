"""The recorder follows the policy file, as the deciders do."""

import os
import signal
from pathlib import Path

from tests.system.recorder.conftest import RunningRecorder, line, wait_until

ROUTE = "[[route]]\nname = '{name}'\nclass = 'page'\npaths = ['/look']\n"


def routes(recorder: RunningRecorder) -> set[str]:
    return {part["route"] for second in recorder.mongo.traffic.find() for part in second["by_route"]}


def test_routes_of_a_changed_policy_are_counted_and_a_faulty_file_changes_nothing(
    stopped_recorder: RunningRecorder, tmp_path: Path
) -> None:
    recorder, path = stopped_recorder, tmp_path / "policy.toml"
    path.write_text(ROUTE.format(name="first"))
    recorder.environment["DECIDER_POLICY"] = str(path)
    recorder.start()
    assert recorder.process is not None

    def sent_counts_as(name: str) -> bool:
        recorder.send(line(uri="/look"))
        return name in routes(recorder)

    wait_until(lambda: sent_counts_as("first"), "first policy")
    digest = recorder.status()["policy_digest"] if recorder.status() else ""
    path.write_text(ROUTE.format(name="second"))
    wait_until(lambda: sent_counts_as("second"), "changed policy")
    wait_until(lambda: recorder.status().get("policy_digest", digest) != digest, "digest told")
    path.write_text("mode = 'sometimes'")
    os.kill(recorder.process.pid, signal.SIGHUP)
    wait_until(lambda: "sometimes" in recorder.status().get("policy_fault", ""), "fault told")
    assert not recorder.ended()
    path.write_text(ROUTE.format(name="third"))
    os.kill(recorder.process.pid, signal.SIGHUP)
    wait_until(lambda: sent_counts_as("third"), "mended policy")
    wait_until(lambda: recorder.status().get("policy_fault") == "", "fault gone")
    assert recorder.log.count("policy_fault ") == 1
