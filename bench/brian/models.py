# SPDX-License-Identifier: MIT
"""The neuron models and networks of Brette et al. (2007) for Brian2, used by the speed and the agreement comparison."""
import brian2 as b2
from brian2 import Equations, NeuronGroup, Synapses, ms, mV, nS, pF, uS

TRAUB_MILES = """
dm/dt = alpha_m*(1 - m) - beta_m*m : 1
dh/dt = alpha_h*(1 - h) - beta_h*h : 1
dn/dt = alpha_n*(1 - n) - beta_n*n : 1
alpha_m = 0.32*(mV**-1)*4*mV/exprel((13*mV - v + VT)/(4*mV))/ms : Hz
beta_m = 0.28*(mV**-1)*5*mV/exprel((v - VT - 40*mV)/(5*mV))/ms : Hz
alpha_h = 0.128*exp((17*mV - v + VT)/(18*mV))/ms : Hz
beta_h = 4./(1 + exp((40*mV - v + VT)/(5*mV)))/ms : Hz
alpha_n = 0.032*(mV**-1)*5*mV/exprel((15*mV - v + VT)/(5*mV))/ms : Hz
beta_n = 0.5*exp((10*mV - v + VT)/(40*mV))/ms : Hz
"""
HH_CONSTANTS = dict(C=200 * pF, gl=10 * nS, El=-60 * mV, EK=-90 * mV, ENa=50 * mV, g_na=20 * uS, g_kd=6 * uS, VT=-63 * mV)
COBA_CONSTANTS = dict(C=200 * pF, gl=10 * nS, El=-60 * mV, Vt=-50 * mV, Vr=-60 * mV)
SYNAPSES = dict(taue=5 * ms, taui=10 * ms, Ee=0 * mV, Ei=-80 * mV, we=6 * nS, wi=67 * nS)
CONDUCTANCES = """
dge/dt = -ge/taue : siemens
dgi/dt = -gi/taui : siemens
"""


def hh(n):
    """Uncoupled Traub-Miles neurons driven by 0 to 1 nA."""
    eqs = Equations("dv/dt = (gl*(El - v) + g_na*(m*m*m)*h*(ENa - v) + g_kd*(n*n*n*n)*(EK - v) + I)/C : volt\nI : amp (constant)"
                    + TRAUB_MILES)
    p = NeuronGroup(n, eqs, threshold="v > -20*mV", refractory=3 * ms, method="exponential_euler", namespace=HH_CONSTANTS)
    p.v = "El"
    p.h = 1
    p.I = "1*nA*i/N"
    return p


def lif(n):
    """Uncoupled integrate-and-fire neurons; half of them fire."""
    eqs = "dv/dt = (El - v + I)/tau : volt (unless refractory)\nI : volt (constant)"
    p = NeuronGroup(n, eqs, threshold="v > Vt", reset="v = Vr", refractory=5 * ms, method="exact",
                    namespace=dict(tau=20 * ms, El=-70 * mV, Vt=-50 * mV, Vr=-60 * mV))
    p.v = "El"
    p.I = "40*mV*i/N"
    return p


def cuba():
    eqs = """
    dv/dt = (ge + gi - (v - El))/taum : volt (unless refractory)
    dge/dt = -ge/taue : volt
    dgi/dt = -gi/taui : volt
    """
    ns = dict(taum=20 * ms, taue=5 * ms, taui=10 * ms, Vt=-50 * mV, Vr=-60 * mV, El=-49 * mV)
    return NeuronGroup(4000, eqs, threshold="v > Vt", reset="v = Vr", refractory=5 * ms, method="exact", namespace=ns)


def coba():
    eqs = "dv/dt = (gl*(El - v) + ge*(Ee - v) + gi*(Ei - v))/C : volt (unless refractory)" + CONDUCTANCES
    return NeuronGroup(4000, eqs, threshold="v >= Vt", reset="v = Vr", refractory=5 * ms, method="exponential_euler",
                       namespace=dict(COBA_CONSTANTS, **SYNAPSES))


def cobahh():
    eqs = Equations("dv/dt = (gl*(El - v) + g_na*(m*m*m)*h*(ENa - v) + g_kd*(n*n*n*n)*(EK - v) + ge*(Ee - v) + gi*(Ei - v))/C : volt"
                    + CONDUCTANCES + TRAUB_MILES)
    p = NeuronGroup(4000, eqs, threshold="v > -20*mV", refractory=3 * ms, method="exponential_euler",
                    namespace=dict(HH_CONSTANTS, **SYNAPSES))
    p.h = 1
    return p


def wire(p, we, wi, connect):
    """The synapses of a network of 3200 excitatory and 800 inhibitory neurons; connect(synapses, kind) makes them."""
    namespace = dict(we=we, wi=wi)
    e = Synapses(p[:3200], p, on_pre="ge += we", namespace=namespace)
    i = Synapses(p[3200:], p, on_pre="gi += wi", namespace=namespace)
    connect(e, "e")
    connect(i, "i")
    return e, i


def kick(source, p, connect):
    """400 sources that start a network of conductances."""
    s = Synapses(source, p, on_pre="ge += we", namespace=dict(we=SYNAPSES["we"]))
    connect(s, "k")
    return s


def randomly(s, kind):
    s.connect(p=0.02)
