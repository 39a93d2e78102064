// SPDX-License-Identifier: MIT
// libhebb: models in the hebb language inside of a program.
//
//   #include <hebb.h>
//   #include <stdio.h>
//
//   int main(void) {
//     Hebb *h = hebb_new();
//     double v[100], rate;
//     if (hebb_load_file(h, "model.hebb") || hebb_run(h)) {
//       fputs(hebb_errors(h), stderr);
//       return 1;
//     }
//     hebb_run_for(h, 0.5);                        // half a second more
//     size_t n = hebb_get(h, "E.V in mV", v, 100); // any expression of the language
//     hebb_get(h, "rate(E)", &rate, 1);
//     printf("%zu neurons, %g Hz, the first at %g mV\n", n, rate, v[0]);
//     hebb_free(h);
//   }
//
//   cc example.c $(pkg-config --cflags --libs hebb)
//
// Instances know nothing of each other: several may live in one program, each used by one thread at a time. Numbers are
// in SI units (volt, second, siemens ...) unless an expression says otherwise (`in mV`). Functions that may fail return a
// HebbStatus, or HEBB_NONE, and say why in hebb_errors.
#ifndef HEBB_H
#define HEBB_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct Hebb Hebb;

// As the exit statuses of the command.
typedef enum HebbStatus {
  HEBB_OK = 0,
  HEBB_UNMET = 1, // everything ran, but an `expect` does not hold
  HEBB_ERROR = 2, // in the model, its data or the call
  HEBB_STOPPED = 130
} HebbStatus;

#define HEBB_NONE ((size_t)-1)

const char *hebb_version(void);
Hebb *hebb_new(void);
void hebb_free(Hebb *h);

// Where `print` writes; standard output at first.
void hebb_on_print(Hebb *h, void (*print)(void *ctx, const char *text, size_t n), void *ctx);
// Gives a top-level `let` (or dt, seed, threads, semantics, method) of what is loaded next another value, a text in the
// language: hebb_option(h, "tau", "20 ms").
HebbStatus hebb_option(Hebb *h, const char *name, const char *value);

// Reads and checks a script. Several may be loaded one after the other; later ones see what earlier ones declared.
HebbStatus hebb_load_file(Hebb *h, const char *path);
HebbStatus hebb_load_string(Hebb *h, const char *text);
// Runs what was loaded and has not run yet: the whole script with all its `run` statements.
HebbStatus hebb_run(Hebb *h);
// Runs the network on for so many seconds of its time.
HebbStatus hebb_run_for(Hebb *h, double seconds);
// Ends the run going on after the present step. May be called from a signal handler or another thread.
void hebb_interrupt(Hebb *h);

// The value of an expression, "E.V", "mean(rates(E)) in Hz", "x", row by row: writes at most `room` numbers and returns
// how many there are. HEBB_NONE after an error.
size_t hebb_get(Hebb *h, const char *expression, double *out, size_t room);
// Sets a script variable or a param, state or weight: "x", "E.tau_m", "C.w". One number goes to all elements.
HebbStatus hebb_set(Hebb *h, const char *place, const double *values, size_t n);
// Spikes recorded of a population (`record spikes of E`) in the order of time: at most `room` times (seconds) and indices
// (either may be NULL). Returns how many there are, or HEBB_NONE.
size_t hebb_spikes(Hebb *h, const char *population, double *t, int64_t *i, size_t room);

// What went wrong in the last call that failed, as the command would print it; "" if nothing did. Valid until the next
// call.
const char *hebb_errors(Hebb *h);

#ifdef __cplusplus
}
#endif
#endif
