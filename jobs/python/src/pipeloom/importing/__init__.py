"""Reading projects of other systems and writing them as network files. Nothing of a project is imported or run.

``values``      what a project's source stands for, as far as it is known
``builtin``     what of Python's own functions is safe to call
``calls``       calls of functions, methods and classes
``evaluate``    expressions
``execute``     statements
``framework``   MARVELO's own classes
``modules``     from a module's name to its file, and what is in it
``topology``    the jobs of an XML file
``config``      the jobs of a ``config.py``
``notes``       what was not carried over
``draft``       the network while it is made
``arguments``   what jobs are made with
``predefined``  the jobs that Pipeloom has of its own
``jobs``        jobs as tables of a network file
``pipes``       pipes as tables of a network file
``sources``     what must change in the project's own files
``toml``        the network file's text
``network``     all of it together
``command``     the command line
"""
