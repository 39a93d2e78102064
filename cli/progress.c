// SPDX-License-Identifier: MIT
#include "cli/progress.h"

#include "vm/vm.h"

#include <stdio.h>
#include <time.h>

double wall_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void progress_clear(Progress *p) {
  if (p->line) fputs("\r\033[K", stderr);
  p->line = false;
}

static void print_left(double left) {
  if (left < 90) fprintf(stderr, "%.0f s left", left);
  else if (left < 5400) fprintf(stderr, "%.0f min left", left / 60);
  else fprintf(stderr, "%.1f h left", left / 3600);
}

// Nothing for runs that are over within a second.
void progress_show(Progress *p, int64_t done, int64_t steps) {
  double t = wall_seconds();
  if (done <= p->last_done || p->began == 0) p->began = t;
  p->last_done = done;
  if (t - p->began < 1 || done <= 0) return;
  if (steps == INT64_MAX) {
    fprintf(stderr, "\r\033[Kt = %.4g s", vm_time(p->vm));
  } else {
    double part = (double)done / (double)steps;
    fprintf(stderr, "\r\033[K%3.0f%%  ", 100 * part);
    print_left((t - p->began) * (1 - part) / part);
  }
  fflush(stderr);
  p->line = true;
}
