"""``python launch.py COMMAND ...``: run a command and print its seconds, processor seconds and peak memory.

A process begins with the peak memory of the one that forks it. Between a large benchmark and the command
that it measures stands this small one.
"""

import os
import subprocess
import sys
import time

if __name__ == "__main__":
    begin = time.perf_counter()
    process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    print(time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
    sys.exit(os.waitstatus_to_exitcode(status))
