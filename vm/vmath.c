// SPDX-License-Identifier: MIT
#define KERN_SCALAR
#include "vm/vmath.h"
#include "vm/vmath_lanes.h"

double vm_exp(double x) { return v_exp(x); }
double vm_expm1(double x) { return v_expm1(x); }
double vm_exprel(double x) { return v_exprel(x); }
double vm_bern(double x) { return v_bern(x); }
double vm_log(double x) { return v_log(x); }
double vm_log1p(double x) { return v_log1p(x); }
double vm_log10(double x) { return log10(x); }
double vm_sin(double x) { return v_sin(x); }
double vm_cos(double x) { return v_cos(x); }
double vm_tanh(double x) { return v_tanh(x); }
double vm_sigmoid(double x) { return v_sigmoid(x); }
double vm_softplus(double x) { return v_softplus(x); }
double vm_round(double x) { return v_round(x); }
double vm_sign(double x) { return v_sign(x); }
double vm_min(double x, double y) { return v_min(x, y); }
double vm_max(double x, double y) { return v_max(x, y); }
double vm_mod(double x, double y) { return v_mod(x, y); }
