# SPDX-License-Identifier: MIT
"""COBAHH: benchmark 3 of Brette et al. (2007), exponential Euler, 1 s."""
import brian2 as b2
import harness
import models


def make():
    p = models.cobahh()
    p.v = "-65*mV + 5*mV*randn()"
    w = models.SYNAPSES
    synapses = models.wire(p, w["we"], w["wi"], models.randomly)
    source = b2.PoissonGroup(400, rates="50*Hz*int(t < 50*ms)")
    return [p, source, *synapses, models.kick(source, p, models.randomly), b2.SpikeMonitor(p)], len(p)


harness.main(make, steps=10_000)
