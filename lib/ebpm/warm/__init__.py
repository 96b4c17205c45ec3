"""Warm execution: notebooks and kernels in children forked from a process that is ready.

Nearly all the time of a report executed by a new kernel goes into starting: imports above all. A
*forker* imports everything once, opens nothing, and forks a child for each notebook or kernel. A
child is the caller's alone: what it changed ends with it, what kills it kills no other. Linux
only; elsewhere notebooks run in kernels of their own.

- `forker`: the caller's side, `parent`: the process that forks, `messages`: what they say;
- `child`: what a child does, `kernel`: the IPython kernel inside of it;
- `cells`: cells read once for all reports, `put_off`: an import that hardly anybody needs;
- `engine`: the papermill engine `ebpm`, `provisioner`: kernels for JupyterLab and others.
"""

ENGINE = "ebpm"
"""The engine's name to papermill, which loads it by its entry point: it is not imported first."""
