"""Reading projects of other systems and writing them as network files. Nothing of a project is imported or run.

``values``     what a project's source stands for, as far as it is known
``evaluate``   expressions
``calls``      functions, methods and classes that are called
``execute``    statements, functions and classes
``builtin``    what of Python's own functions is safe to call
``modules``    from a module's name to its file, and what is in it
``framework``  MARVELO's own classes
``config``     the jobs of a ``config.py``
``topology``   the jobs of an XML file
``pipes``      pipes as tables of a network file
``jobs``       jobs as tables of a network file
``sources``    what must change in the project's own files
``network``    all of it together
``toml``       the network file's text
``command``    the command line
"""
