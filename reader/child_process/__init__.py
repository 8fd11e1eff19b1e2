"""Child processes with limits of memory, CPU time and wall time. Requests and answers are lines of text.

``parent.ChildProcess`` starts one, for one request or for many; ``child.answer_lines`` is its main loop;
``pool.WarmChildren`` keeps idle ones for the next request. ``cpu_time`` and ``memory`` limit work within this process.
``kept_code`` keeps the modules as they were, for both sides, while an update replaces the files.
"""
