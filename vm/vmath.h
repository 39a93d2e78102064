// SPDX-License-Identifier: MIT
// The elementary functions of the vector core for one number: the same bits as in a kernel. For constant folding, for
// scripts and for building.
#ifndef HEBB_VMATH_H
#define HEBB_VMATH_H

double vm_exp(double x);
double vm_expm1(double x);
double vm_exprel(double x); // (e^x - 1)/x
double vm_bern(double x);   // x/(e^x - 1)
double vm_log(double x);
double vm_log1p(double x);
double vm_log10(double x);
double vm_sin(double x);
double vm_cos(double x);
double vm_tanh(double x);
double vm_sigmoid(double x);
double vm_softplus(double x);
double vm_round(double x);          // halves away from zero
double vm_mod(double x, double y);  // the sign of y
double vm_sign(double x);
double vm_min(double x, double y);  // NaN if either is
double vm_max(double x, double y);

#endif
