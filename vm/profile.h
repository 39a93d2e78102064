// SPDX-License-Identifier: MIT
// Where the time of steps goes: by phase, by kernel, by delivery of each projection. Counting costs two looks at the
// clock for each call of a kernel, and nothing where no Profile is given (Vm.profile NULL).
#ifndef HEBB_PROFILE_H
#define HEBB_PROFILE_H
#include <stdbool.h>
#include <stdint.h>

typedef enum ProfilePhase {
  PHASE_BLOCKS, PHASE_INPUTS, PHASE_STATES, PHASE_EVENTS, PHASE_RESETS, PHASE_COUNT
} ProfilePhase;

typedef struct Profile Profile;
struct Kernel;
struct NativeFn;
struct Vm;
struct Sources;
struct Str;

Profile *profile_new(void);
void profile_free(Profile *p);
double profile_clock(void); // seconds
// A kernel has run over so many lanes since `from`; object: of random keys, the number of population or projection.
void profile_kernel(Profile *p, const struct Kernel *k, uint32_t object, int64_t lanes, double from);
// Likewise one of a shared library.
void profile_native(Profile *p, const struct NativeFn *f, uint32_t object, int64_t lanes, double from);
// What is not a kernel's: spikes on their way through a projection.
void profile_deliver_begin(Profile *p);
void profile_deliver_end(Profile *p, uint32_t object);
// A step goes from phase to phase; profile_phase ends the present one.
void profile_step(Profile *p);
void profile_phase(Profile *p, ProfilePhase phase);
// A table, the most expensive first.
void profile_print(const Profile *p, const struct Vm *vm, const struct Sources *src, struct Str *out);

#endif
