# SPDX-License-Identifier: BSD-3-Clause
"""Prints what the checks of headers found."""
import sys


def report(tests):
    """tests: what is wrong, by the name of the test; nothing is wrong if that is empty. Ends the program."""
    print(f"1..{len(tests)}")
    for i, (name, wrong) in enumerate(tests.items(), 1):
        print(f"{'not ok' if wrong else 'ok'} {i} - {name}")
        for line in wrong:
            print(f"# {line}")
    sys.exit(any(tests.values()))
