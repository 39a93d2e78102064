// SPDX-License-Identifier: MIT
// A line of progress on the terminal (standard error) for runs that take more than a second, with the time left.
#ifndef HEBB_PROGRESS_H
#define HEBB_PROGRESS_H
#include <stdbool.h>
#include <stdint.h>

struct Vm;
typedef struct Progress {
  const struct Vm *vm;
  bool line;    // a line stands on the terminal
  double began; // of the run going on
  int64_t last_done;
} Progress;

void progress_show(Progress *p, int64_t done, int64_t steps); // as ScriptHost.progress
void progress_clear(Progress *p);                             // takes the line away, before anything else is printed
double wall_seconds(void);

#endif
