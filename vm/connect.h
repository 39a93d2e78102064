// SPDX-License-Identifier: MIT
// The making of a connection: private to vm/connect*.c.
//
// A pattern (vm/connect_draw.c) offers pairs (i, j) of positions in the selections as written, twice in the same order:
// once to count the rows, once to fill them. All draws are counted by source, target or pair, so that both passes see
// the same numbers, and the cost grows with the synapses made.
#ifndef HEBB_CONNECT_H
#define HEBB_CONNECT_H
#include "vm/rng.h"
#include "vm/run.h"

enum { PAIR_CHUNK = 2048 };

typedef struct Maker {
  Vm *vm;
  const ConnDesc *d;
  const Sel *src, *dst;
  int64_t ns, nt;
  const Value *args;
  int nargs;
  RngKey key;
  int64_t *i_begin, *j_begin;    // position of each part within the selections, and the end
  int32_t **i_pos, **j_pos;      // position within the part by element; NULL for ranges
  int64_t *self_of;              // no self: position of target j among the sources, -1; else NULL
  double *number;                // k of each target or source; or NULL
  double n;                      // p, k or n for all
  int64_t *codes, ncodes;        // total: the pairs drawn, i*nt + j, ascending; from: the pairs' numbers in that order
  int64_t given;                 // from: number of the pair offered
  int64_t *rank, nrank;          // from: numbers of the pairs connected, in the order source, target
  Proj **proj;                   // [source part * dst->nparts + target part]
  bool filling, shared;
  int64_t **cursor;              // while filling: where the next synapse of each row goes
  // pairs on their way
  int64_t npair, pairs_seen;
  int32_t pi[PAIR_CHUNK + 8], pj[PAIR_CHUNK + 8];
  int64_t pk[PAIR_CHUNK + 8];    // from: their numbers
  bool filter;                   // d->where is yet to be asked for these pairs
  bool failed;                   // a native function did: reported
  Gather gather;
  Bound where, number_kernel;
  double out[PAIR_CHUNK + 8];
} Maker;

bool connect_check(Maker *m);    // numbers and lengths; reports
bool connect_offer(Maker *m);    // offers every pair of the pattern to connect_pair
void connect_pair(Maker *m, int64_t i, int64_t j);
void connect_flush(Maker *m);
// Conditions or numbers of n <= PAIR_CHUNK pairs pi, pj, into m->out.
bool connect_ask(Maker *m, Bound *b, int64_t n, int64_t element); // false after a report
bool connect_values(Maker *m, ProjGroup *g, const Value *captures, int ncaptures); // connect_init.c
bool connect_block(Maker *m, Proj *p, const Value *captures, int ncaptures);
static inline bool connect_self(const Maker *m, int64_t i, int64_t j) { return m->self_of && m->self_of[j] == i; }

#endif
