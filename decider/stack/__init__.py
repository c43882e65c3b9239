"""`make run`: everything of the product on one machine, from the environment's addresses to a clean stop.

The processes are started, restarted, logged and stopped by supervisor; this package decides what they are,
writes their files into RUN_DIR, waits until each answers, and leaves nothing behind.
"""
