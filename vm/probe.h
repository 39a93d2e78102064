// SPDX-License-Identifier: MIT
// What the two files of recordings share: private to vm/probe*.c.
#ifndef HEBB_PROBE_H
#define HEBB_PROBE_H
#include "vm/run.h"

typedef struct Reader { // one part of the selection
  const Column *column; // a state or parameter
  bool by_name;         // pos.x, i, last_spike ...
  Bound bound;          // a let or input
  PopCode code;         // captures of the kernel
  Arena *arena;
  double *room;
  int32_t *idx;
} Reader;

typedef struct Probe {
  char *var;
  ProjGroup *group;
  Value (*sample)(void *data);
  void *data;
  void (*drop)(void *data);
  double every;          // seconds
  int64_t steps, next;
  bool single, opened;
  uint32_t generation;
  Reader *reader;
  int nreaders;
  double *t, *values;
  int64_t samples, cap, width; // width -1: not known before the first sample
  int64_t written;       // spikes that the sink has ...
  int64_t old, old_tick; // ... of which so many lie before this step: they are not gone through again
  RecordSink sink;
  void *sink_ctx;
  Span span;
} Probe;

bool sink_flush(Recording *r);
bool spike_sink_flush(Recording *r);
Recording *spike_recording_new(Vm *vm, const Sel *s);
int64_t spike_recording_samples(const Recording *r);
int spike_recording_with(const Recording *r);
void spike_log_reset(SpikeLog *l);

#endif
