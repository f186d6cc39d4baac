"""Sends each operator after 0.3 seconds: choose.py OPERATOR... -o OPERATORS."""

import sys
import time

*operators, _, path = sys.argv[1:]
with open(path, "w", buffering=1) as out:
    for operator in operators:
        time.sleep(0.3)
        print(operator, file=out)
