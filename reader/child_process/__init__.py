"""Work in a child process with limits: memory, processor time, wall time. It answers lines of text with lines.

``parent.ChildProcess`` starts one, for one order or kept warm for many; ``child.answer_lines`` is its main loop.
"""
