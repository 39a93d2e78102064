# SPDX-License-Identifier: MIT
"""1,000,000 uncoupled integrate-and-fire neurons, exact integration, 0.1 s."""
import brian2 as b2
import harness
import models


def make():
    p = models.lif(1_000_000)
    return [p, b2.SpikeMonitor(p)], len(p)


harness.main(make, steps=1_000)
