// SPDX-License-Identifier: MIT
// Statistics of numbers in memory, `stride` apart; all divide by n. Nan where there is none.
#ifndef HEBB_BUILTIN_STATS_H
#define HEBB_BUILTIN_STATS_H
#include <stdint.h>

double stats_mean(const double *p, int64_t n, int64_t stride);
double stats_var(const double *p, int64_t n, int64_t stride);
double stats_sd(const double *p, int64_t n, int64_t stride);
double stats_cov(const double *x, int64_t sx, const double *y, int64_t sy, int64_t n);
double stats_quantile(const double *sorted, int64_t n, double q); // linear between neighbours
int order_numbers(const void *a, const void *b); // for qsort: ascending, nan last

// counts[k] of the numbers in edges[k] <= x < edges[k + 1] (the last bin holds its upper edge); edges ascend, nedges >= 2.
void stats_histogram(const double *x, int64_t n, const double *edges, int64_t nedges, double *counts);
// bins + 1 edges of equal width over the finite numbers of x.
void stats_edges(const double *x, int64_t n, int64_t bins, double *edges);

#endif
