# SPDX-License-Identifier: MIT
"""10,000 uncoupled Hodgkin-Huxley neurons (Traub and Miles), exponential Euler, 1 s."""
import brian2 as b2
import harness
import models


def make():
    p = models.hh(10_000)
    return [p, b2.SpikeMonitor(p, record=False)], len(p)


harness.main(make, steps=10_000)
