# SPDX-License-Identifier: MIT
"""CUBA: benchmark 2 of Brette et al. (2007), exact integration, 10 s."""
import brian2 as b2
from brian2 import mV
import harness
import models


def make():
    p = models.cuba()
    p.v = "Vr + rand()*(Vt - Vr)"
    synapses = models.wire(p, 1.62 * mV, -9 * mV, models.randomly)
    return [p, *synapses, b2.SpikeMonitor(p)], len(p)


harness.main(make, steps=100_000)
