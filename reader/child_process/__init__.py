"""Child processes with limits for memory, CPU time and wall time. Requests and answers are lines of text.

``parent.ChildProcess`` starts a child for one request or many; ``child.answer_lines`` is the child's main loop;
``pool.WarmChildren`` holds idle children for later requests. ``cpu_time`` and ``memory`` limit a block of code within
this process. ``kept_code`` holds the source code of the start in memory, so that an update of the files does not mix
versions. ``git`` runs git without programs that a repository configures. ``secrets_of_parent`` keeps secrets
from children.
"""
