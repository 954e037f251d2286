"""Calls what the Python package flink-rest-client offers on a node; prints what it got as one JSON object.

Arguments: port, id of a running job, id of an ended job, a job package, a variable of it.
"""

import json
import sys
import time

from flink_rest_client import FlinkRestClient
from flink_rest_client.common import RestException


def finished(client, job_id):
    while client.jobs.get(job_id)["state"] not in ("FINISHED", "FAILED", "CANCELED"):
        time.sleep(0.05)
    return client.jobs.get(job_id)["state"]


def awaited(trigger):
    while trigger.status["status"]["id"] != "COMPLETED":
        time.sleep(0.05)
    return trigger.status["operation"]


def refused(call):
    try:
        call()
    except RestException as error:
        return str(error)
    return None


def main(port, running, ended, package, variable):
    client = FlinkRestClient.get(host="127.0.0.1", port=int(port))
    jobs, managers = client.jobs, client.taskmanagers
    vertex_id = jobs.get_vertex_ids(running)[0]
    vertex = jobs.get_vertex(running, vertex_id)
    manager_id = managers.taskmanager_ids()[0]
    name, value = variable.split("=")
    submitted = client.jars.upload_and_run(package, arguments={name: value})
    found = {
        "overview": client.overview()["taskmanagers"],
        "features": sorted(client.config()["features"]),
        "datasets": client.datasets(),
        "jobs": sorted(jobs.job_ids()),
        "state": jobs.get(running)["state"],
        "config": jobs.get_config(running)["jid"],
        "exceptions": len(jobs.get_exceptions(ended)["exceptionHistory"]["entries"]),
        "result": jobs.get_execution_result(ended)["status"]["id"],
        "plan": len(jobs.get_plan(running)["nodes"]),
        "metrics": sorted(jobs.get_metrics(running, ["uptime", "nothing"])),
        "over jobs": sorted(jobs.metrics(["uptime"])),
        "accumulators": sorted(jobs.get_accumulators(running)),
        "checkpointing": jobs.get_checkpointing_configuration(running)["interval"],
        "checkpoint": jobs.get_checkpoint_details(running, jobs.get_checkpoint_ids(running)[0])["status"],
        "vertex": vertex.details()["id"] == vertex_id,
        "vertex metrics": vertex.metrics(["0.numRecordsOut"]).keys() == {"0.numRecordsOut"},
        "back pressure": vertex.backpressure()["status"],
        "times": len(vertex.subtasktimes()["subtasks"]),
        "places": vertex.taskmanagers()["taskmanagers"][0]["taskmanager-id"] == manager_id,
        "watermarks": vertex.watermarks(),
        "subtasks": vertex.subtasks.subtask_ids(),
        "subtask": vertex.subtasks.get(0)["attempt"],
        "attempt": vertex.subtasks.get_attempt(0)["subtask"],
        "attempt counters": vertex.subtasks.get_attempt_accumulators(0)["attempt"],
        "manager": managers.get(manager_id)["id"] == manager_id,
        "threads": "main" in managers.get_thread_dump(manager_id),
        "load": "Status.JVM.CPU.Load" in managers.get_metrics(manager_id),
        "settings": "rest.port" in client.jobmanager.config(),
        "log": len(client.jobmanager.get_log(client.jobmanager.logs()[0]["name"])) > 0,
        "submitted": finished(client, submitted),
        "packages": [each["name"] for each in client.jars.all()["files"]],
        "savepoint": sorted(awaited(jobs.create_savepoint(running, None))),
        "terminated": jobs.terminate(running),
        "unknown": refused(lambda: jobs.get("0" * 32)),
    }
    found["over"] = finished(client, running)
    print(json.dumps(found))


main(*sys.argv[1:])
