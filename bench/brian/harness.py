# SPDX-License-Identifier: MIT
"""What the Brian2 models of the benchmark share.

    /usr/bin/python3 bench/brian/hh.py DIRECTORY

generates the model's C++ program in DIRECTORY and compiles it (Brian2's standalone mode with its own default compiler
flags, one thread, double precision). DIRECTORY/main then runs it; results/last_run_info.txt holds the seconds that the
steps took, without generation, compilation, synapse creation and writing of results.
"""
import json
import logging
import os
import sys

import brian2 as b2

DT = 0.1 * b2.ms


def main(make, steps):
    """make() returns the objects of the network and the number of neurons."""
    directory = os.path.abspath(sys.argv[1])
    logging.getLogger("brian2").setLevel(logging.ERROR)
    b2.BrianLogger.suppress_hierarchy("brian2")
    b2.set_device("cpp_standalone", directory=directory, build_on_run=False)
    b2.prefs.devices.cpp_standalone.openmp_threads = 0
    b2.defaultclock.dt = DT
    b2.seed(42)
    objects, neurons = make()
    network = b2.Network(*objects)
    network.run(steps * DT)
    b2.device.build(directory=directory, compile=True, run=False)
    spikes = [o.name for o in objects if isinstance(o, b2.SpikeMonitor)]
    with open(os.path.join(directory, "bench.json"), "w") as f:
        json.dump({"neurons": neurons, "steps": steps, "monitors": spikes}, f)
