"""MARVELO's own classes, so far as they say what a job or pipe has. They are read like a project's, never run."""

JOBS = '''
class BaseJob:
    DEFAULT_NODE = None
    GROUPS = "ALL"
    HEAD = False
    MAX_QUEUE = 0
    DEPENDENCIES = None

    def __init__(self, inputs=None, outputs=None, *args, **kwargs):
        self.inputs = inputs or []
        self.outputs = outputs or []

class PythonJob(BaseJob):
    pass

class ExecutableJob(BaseJob):
    EXECUTABLE = None
    PARAMETERS = None
    INPUT_FLAG = "-i"
    OUTPUT_FLAG = "-o"

class DynamicExecutableJob(ExecutableJob):
    def __init__(self, dependencies, executable, parameters="", groups="", input_flag="-i", output_flag="-o",
                 head=False, inputs=None, outputs=None):
        super().__init__(inputs=inputs, outputs=outputs)
        self.DEPENDENCIES = dependencies
        self.EXECUTABLE = executable
        self.PARAMETERS = parameters
        self.HEAD = head
        self.INPUT_FLAG = input_flag
        self.OUTPUT_FLAG = output_flag
        if groups != "":
            self.GROUPS = groups

class MARVELOJob(ExecutableJob):
    pass

class DynamicMARVELOJob(DynamicExecutableJob, MARVELOJob):
    pass

class LocalJob(BaseJob):
    GROUPS = "LOCAL"

class InteractiveJob(LocalJob, PythonJob):
    pass

class CSVSinkJob(LocalJob, PythonJob):
    def __init__(self, path, inputs=None, col_pattern="pipe_{pipe.id}"):
        self.path = path
        self.col_pattern = col_pattern
        super().__init__(inputs=inputs)
'''

# MARVELO has these in the project that its examples share.
SHARED_JOBS = (
    JOBS
    + '''
class ForwardingJob(PythonJob):
    pass

class DistributingJob(PythonJob):
    pass

class ClockJob(LocalJob, PythonJob):
    def __init__(self, clock_interval=0.04, outputs=None):
        self.clock_interval = clock_interval
        super().__init__(outputs=outputs)

class LoggingSinkJob(PythonJob, LocalJob):
    def __init__(self, path, inputs=None):
        self.path = path
        super().__init__(inputs=inputs)

class LoggingJob(PythonJob):
    def __init__(self, inputs=None, outputs=None, logging_output=None, name="", *args, **kwargs):
        super().__init__(inputs=inputs, outputs=outputs)
        self.logging_output = logging_output
        self.name = name
'''
)

PIPES = '''
class BasePipe:
    BLOCK_SIZE = 1
    BLOCK_COUNT = 1
    ASYNC = False
    SOURCE_JOBS = []
    DESTINATION_JOBS = []

    def __init__(self, id=None):
        self.id = id

class OptionalMixIn:
    ASYNC = True
    OPTIONAL_DEFAULT = None
    OPTIONAL_STORE = True
    OPTIONAL_BUFFER_SIZE = 0
    OPTIONAL_DELETE_MODE = "oldest"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)

class ReadPickleMixIn:
    pass

class WritePickleMixIn:
    pass

class PickleMixIn(ReadPickleMixIn, WritePickleMixIn):
    pass

class PicklePipe(PickleMixIn, BasePipe):
    BLOCK_SIZE = "PKL"

class OptionalPicklePipe(OptionalMixIn, PicklePipe):
    pass

class ReadJSONMixIn:
    pass

class WriteJSONMixIn:
    pass

class JSONMixIn(ReadJSONMixIn, WriteJSONMixIn):
    pass

class JSONPipe(JSONMixIn, BasePipe):
    BLOCK_SIZE = "JSON"

class OptionalJSONPipe(OptionalMixIn, JSONPipe):
    pass

class BytesPipe(BasePipe):
    def __init__(self, id, block_size, block_count=1):
        super().__init__(id)
        self.BLOCK_SIZE = block_size
        self.BLOCK_COUNT = block_count

class OptionalBytesPipe(OptionalMixIn, BytesPipe):
    pass
'''

NODES = '''
class BaseNode:
    def __init__(self, *args, **kwargs):
        pass

class MultiNode(BaseNode):
    pass

class LocalNode(BaseNode):
    pass
'''

MODULES = {
    "fission.core.jobs": SHARED_JOBS,
    "shared.jobs.jobs": "from fission.core.jobs import *",
    "fission.core.pipes": PIPES,
    "fission.core.base": "from fission.core.jobs import BaseJob\nfrom fission.core.pipes import BasePipe\n"
    "from fission.core.nodes import BaseNode",
    "fission.core.nodes": NODES,
    # A project whose import lines have been changed already.
    "pipeloom.marvelo": "from fission.core.jobs import *",
}
