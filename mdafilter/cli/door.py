"""What mdafilter-deliver-once starts: python -I -S .../mdafilter/cli/door.py OPTIONS, the message on standard input.

With -S Python does not look for installed packages: the folder that holds the package is added here, so that nothing
but the standard library and mdafilter itself can be imported, and no .pth file is paid for. All else is deliver.py.

Fails: with 75, also when the package cannot be imported; the shell around it does the same for the interpreter.
"""

import gc
import os
import sys


def start() -> None:
    """Delivers, and ends the process."""
    gc.disable()  # a delivery is short: to look for garbage while modules load costs more than it brings
    try:
        if not sys.flags.no_site:
            from mdafilter.cli.deliver import main
        else:
            here = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
            sys.path = [p for p in sys.path if p != os.path.dirname(os.path.abspath(__file__))] + [here]
            from mdafilter.cli.deliver import main
        main(sys.argv[1:])
    except BaseException as failed:  # whatever it is: nothing was delivered, Postfix keeps the message
        try:
            os.write(1, f"4.3.0 mdafilter cannot start: {type(failed).__name__}\n".encode())
        finally:
            os._exit(75)


if __name__ == "__main__":
    start()
