#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Spike by spike: hebb against Brian2 on the networks of Brette et al. (2007).

    /usr/bin/python3 bench/agree.py [--hebb build/hebb] [--work build/bench/agree] [--rates SECONDS] [cuba coba cobahh]

One set of files (connections, initial values, the spikes that start a network) is read by both simulators. Spikes of
the first 100 ms must be the same, one by one, neuron and step; the rates of the excitatory and of the inhibitory
neurons over a longer run (10 s unless told otherwise; 0 leaves it out) must agree within 2% once chaos has pulled the
two apart. The first spike that differs is printed with those around it. Exit status 1 where anything differs.
"""
import argparse
import os
import shutil
import subprocess
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
N, NE, SOURCES, DT = 4000, 3200, 400, 1e-4


def make_files(directory):
    """Connections, initial values and start spikes, the same on every machine."""
    rng = np.random.Generator(np.random.PCG64(2007))
    for kind, sources in (("e", NE), ("i", N - NE), ("k", SOURCES)):
        pairs = np.nonzero(rng.random((sources, N)) < 0.02)
        for name, x in zip(("source", "target"), pairs):
            np.save(os.path.join(directory, f"{kind}_{name}.npy"), x.astype(np.float64))
    np.save(os.path.join(directory, "v_uniform.npy"), rng.uniform(-60, -50, N))  # mV
    np.save(os.path.join(directory, "v_normal.npy"), rng.normal(-65, 5, N))  # mV
    steps, who = np.nonzero(rng.random((500, SOURCES)) < 50 * DT)
    np.save(os.path.join(directory, "kick_step.npy"), steps.astype(np.float64))
    np.save(os.path.join(directory, "kick_i.npy"), who.astype(np.float64))


def load(directory, name):
    return np.load(os.path.join(directory, name + ".npy"))


def brian(model, seconds, directory):
    """Runs Brian2 in a process of its own (a device can be used once); returns neuron and step of each spike."""
    out = os.path.join(directory, f"brian_{model}.npz")
    subprocess.run([sys.executable, os.path.abspath(__file__), "--brian-child", model, str(seconds), directory, out],
                   check=True, stderr=subprocess.DEVNULL)
    data = np.load(out)
    return data["i"], data["step"]


def brian_child(model, seconds, directory, out):
    sys.path.insert(0, os.path.join(HERE, "brian"))
    import brian2 as b2
    import models

    b2.set_device("cpp_standalone", directory=os.path.join(directory, "brian_" + model))
    b2.prefs.devices.cpp_standalone.openmp_threads = 0
    # The arithmetic as written: the default of Brian2 lets the compiler reorder it.
    b2.prefs.codegen.cpp.extra_compile_args_gcc = ["-w", "-O3", "-ffp-contract=off", "-std=c++11"]
    b2.defaultclock.dt = DT * b2.second
    p = getattr(models, model)()
    p.v = load(directory, "v_uniform" if model == "cuba" else "v_normal") * b2.mV

    def connect(s, kind):
        s.connect(i=load(directory, kind + "_source").astype(int), j=load(directory, kind + "_target").astype(int))

    if model == "cuba":
        objects = [p, *models.wire(p, 1.62 * b2.mV, -9 * b2.mV, connect)]
    else:
        w = models.SYNAPSES
        source = b2.SpikeGeneratorGroup(SOURCES, load(directory, "kick_i").astype(int),
                                        load(directory, "kick_step") * DT * b2.second)
        objects = [p, source, *models.wire(p, w["we"], w["wi"], connect), models.kick(source, p, connect)]
    monitor = b2.SpikeMonitor(p)
    b2.Network(*objects, monitor).run(seconds * b2.second)
    step = np.round(np.asarray(monitor.t) / DT).astype(int)
    i = np.asarray(monitor.i)
    order = np.lexsort((i, step))
    np.savez(out, i=i[order], step=step[order])


def hebb(command, model, seconds, directory):
    script = os.path.join(directory, model + ".hebb")
    shutil.copy(os.path.join(HERE, "hebb", "agree_" + model + ".hebb"), script)
    subprocess.run([command, "run", "--quiet", "--set", f"duration={seconds} s", script], check=True, cwd=directory)
    i, step = load(directory, "spikes_i").astype(int), np.round(load(directory, "spikes_step")).astype(int)
    order = np.lexsort((i, step))
    return i[order], step[order]


def first_difference(a, b):
    """Index of the first spike that is not the same in both, or None."""
    n = min(len(a[0]), len(b[0]))
    differ = np.nonzero((a[0][:n] != b[0][:n]) | (a[1][:n] != b[1][:n]))[0]
    if len(differ):
        return differ[0]
    return n if len(a[0]) != len(b[0]) else None


def show(label, spikes, k):
    around = [f"{spikes[1][q] * DT * 1e3:.1f} ms neuron {spikes[0][q]}" + (" <-" if q == k else "")
              for q in range(max(0, k - 3), min(len(spikes[0]), k + 4))]
    print(f"    {label:7s}" + "; ".join(around))


def until(spikes, seconds):
    keep = spikes[1] < round(seconds / DT)
    return spikes[0][keep], spikes[1][keep]


def compare_spikes(model, ours, theirs, seconds):
    a, b = until(ours, seconds), until(theirs, seconds)
    k = first_difference(a, b)
    if k is None:
        print(f"{model}: the {len(a[0])} spikes of the first {seconds * 1e3:g} ms are the same, one by one")
        return True
    print(f"{model}: spikes differ from number {k} on, of {len(a[0])} (hebb) and {len(b[0])} (Brian2) in the first {seconds * 1e3:g} ms")
    show("hebb", a, k)
    show("Brian2", b, k)
    return False


def compare_rates(model, ours, theirs, seconds):
    fine = True
    for name, keep, n in (("excitatory", lambda i: i < NE, NE), ("inhibitory", lambda i: i >= NE, N - NE)):
        a, b = (keep(s[0]).sum() / n / seconds for s in (ours, theirs))
        good = abs(a - b) <= 0.02 * b
        fine = fine and good
        print(f"{model}: {name} rate over {seconds:g} s: hebb {a:.3f} Hz, Brian2 {b:.3f} Hz" + ("" if good else "  <- differ by more than 2%"))
    same = first_difference(ours, theirs)
    when = "never" if same is None else f"at spike {same}, {theirs[1][min(same, len(theirs[1]) - 1)] * DT * 1e3:.1f} ms"
    print(f"{model}: the two part {when}")
    return fine


def main():
    if len(sys.argv) > 1 and sys.argv[1] == "--brian-child":
        return brian_child(sys.argv[2], float(sys.argv[3]), sys.argv[4], sys.argv[5])
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--hebb", default="build/hebb")
    p.add_argument("--work", default="build/bench/agree")
    p.add_argument("--rates", type=float, default=10.0)
    p.add_argument("models", nargs="*", metavar="MODEL", default=["cuba", "coba", "cobahh"])
    a = p.parse_args()
    work, command = os.path.abspath(a.work), os.path.abspath(a.hebb)
    os.makedirs(work, exist_ok=True)
    make_files(work)
    seconds = a.rates if a.rates > 0 else 0.1
    fine = True
    for model in a.models:
        theirs = brian(model, seconds, work)
        ours = hebb(command, model, seconds, work)
        fine &= compare_spikes(model, ours, theirs, 0.1)
        if a.rates > 0:
            fine &= compare_rates(model, ours, theirs, seconds)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
