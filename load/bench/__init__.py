"""`make bench`: how many requests a second one machine guards, and how much later each answer comes.

One machine, alternating rounds (every scenario once, then every scenario again), medians over the rounds:
whatever else the machine does hits all scenarios alike. wrk finds the throughput; it is closed-loop, so
latency is measured apart by a client that keeps its rate whatever the server does.
"""
