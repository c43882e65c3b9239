"""The recorder: everything that happened, written to MongoDB. Started with ``python -m decider.recorder``.

stream decider:events --EventPump--> events, lists          nothing lost, nothing doubled
Nginx's access log ----AccessLogReader -> TrafficWriter--> traffic, fail-open events
Redis came back empty -Restorer--> bans and lists from MongoDB into Redis
itself ----------------StatusReporter--> recorder_status;  Housekeeping--> indexes, retention
"""
