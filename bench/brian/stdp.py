# SPDX-License-Identifier: MIT
"""Pair STDP: 1,000 Poisson inputs at 15 Hz onto 100 neurons, all to all (Song, Miller and Abbott 2000), 10 s."""
import brian2 as b2
from brian2 import Hz, ms, mV
import harness


def make():
    names = {"taum": 10 * ms, "taue": 5 * ms, "Ee": 0 * mV, "El": -74 * mV, "taupre": 20 * ms, "taupost": 20 * ms, "gmax": 0.01,
             "dApre": 0.01 * 0.01, "dApost": -0.01 * 0.0105, "vt": -54 * mV, "vr": -60 * mV}
    inputs = b2.PoissonGroup(1000, rates=15 * Hz)
    p = b2.NeuronGroup(100, """dv/dt = (ge*(Ee - v) + El - v)/taum : volt
                               dge/dt = -ge/taue : 1""",
                       threshold="v > vt", reset="v = vr", method="euler", namespace=names)
    p.v = "vr"
    s = b2.Synapses(inputs, p, """w : 1
                                  dApre/dt = -Apre/taupre : 1 (event-driven)
                                  dApost/dt = -Apost/taupost : 1 (event-driven)""",
                    on_pre="""ge += w
                              Apre += dApre
                              w = clip(w + Apost, 0, gmax)""",
                    on_post="""Apost += dApost
                               w = clip(w + Apre, 0, gmax)""", namespace=names)
    s.connect()
    s.w = "rand()*gmax"
    return [inputs, p, s, b2.SpikeMonitor(p)], 100


harness.main(make, steps=100_000)
