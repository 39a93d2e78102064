// SPDX-License-Identifier: MIT
// hebb new NAME: a small commented model to start from, with its test. Nothing that is there is overwritten.
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char MODEL[] =
    "## A leaky integrate-and-fire neuron.\n"
    "neuron Cell {\n"
    "  param tau_m = 20 ms, E_L = -65 mV, V_th = -50 mV, V_reset = -65 mV, t_ref = 2 ms\n"
    "  param R = 100 Mohm\n"
    "  input I: nA                        # what is injected, and what synapses bring\n"
    "  state V: mV = E_L\n"
    "\n"
    "  tau_m * dV/dt = E_L - V + R*I\n"
    "\n"
    "  spike when V > V_th { V = V_reset }\n"
    "  refractory t_ref holding V\n"
    "}\n"
    "\n"
    "set dt = 0.1 ms, seed = 1\n"
    "\n"
    "# hebb run --set drive=\"0.3 nA\" gives it another value.\n"
    "let drive = 0.2 nA\n"
    "\n"
    "population P = Cell[20] { V ~ uniform(-65 mV, -50 mV) }\n"
    "inject drive into P.I\n"
    "record spikes of P\n"
    "record v = P.V[0:3] every 0.5 ms\n"
    "\n"
    "run 500 ms\n"
    "\n"
    "print \"{count(P)} spikes, {rate(P) in Hz:.1f} Hz\"\n"
    "save table(t = spikes(P).t, i = spikes(P).i) to \"%s_spikes.csv\"\n"
    "\n"
    "# hebb test %s.hebb: what theory says of this neuron. From E_L a constant current takes it to V_th in\n"
    "# tau_m*log(R*I/(R*I - 15 mV)); spikes fall on whole steps of dt, hence one of them as tolerance.\n"
    "test \"the interval between spikes is that of theory\" {\n"
    "  let up = 100 Mohm*drive\n"
    "  expect mean(isi(P)) near 2 ms + 20 ms*log(up/(up - 15 mV)) within dt\n"
    "}\n";

static bool good_name(const char *name) {
  if (!*name || *name == '.' || *name == '-') return false;
  for (const char *p = name; *p; p++)
    if ((unsigned char)*p < ' ' || *p == '"' || *p == '\\' || *p == '{' || *p == '%') return false;
  return true;
}

static int write_new(const char *path, const char *name) {
  FILE *f = fopen(path, "wx");
  if (!f) return usage_error("new", errno == EEXIST ? "%s is there already" : "%s cannot be written", path);
  for (const char *p = MODEL; *p;) {
    const char *place = strstr(p, "%s");
    fprintf(f, "%.*s%s", place ? (int)(place - p) : (int)strlen(p), p, place ? name : "");
    p = place ? place + 2 : "";
  }
  return fclose(f) == 0 ? EXIT_DONE : usage_error("new", "%s cannot be written: %s", path, strerror(errno));
}

int cmd_new(int argc, char **argv) {
  if (argc != 2) return usage_error("new", "which name? for instance: hebb new mymodel");
  Str name = {0}, model = {0};
  size_t n = strlen(argv[1]);
  if (n > 5 && strcmp(argv[1] + n - 5, ".hebb") == 0) n -= 5;
  str_addn(&name, argv[1], n);
  const char *slash = strrchr(name.data, '/'), *last = slash ? slash + 1 : name.data;
  if (!good_name(last)) {
    int status = usage_error("new", "%s is no name for a model", argv[1]);
    str_free(&name);
    return status;
  }
  str_addf(&model, "%s.hebb", name.data);
  int status = write_new(model.data, last);
  if (!status) printf("%s is there: `hebb %s` runs it, `hebb test %s` tests it\n", model.data, model.data, model.data);
  str_free(&name);
  str_free(&model);
  return status;
}
