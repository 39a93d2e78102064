// SPDX-License-Identifier: MIT
// The library as an embedding program sees it.
#include "hebb.h"

#include "tests/unit/value_helpers.h"

#include <stdio.h>

static const char LIF[] =
    "neuron LIF {\n"
    "  param tau = 10 ms, I = 0 mV\n"
    "  state V: mV = 0\n"
    "  tau*dV/dt = I - V\n"
    "  spike when V > 10 mV { V = 0 mV }\n"
    "}\n"
    "set dt = 0.1 ms\n"
    "population P = LIF[3] { I = i*10 mV }\n"
    "record spikes of P\n";

typedef struct Heard {
  char text[256];
  size_t n;
} Heard;

static void hear(void *ctx, const char *text, size_t n) {
  Heard *h = ctx;
  if (h->n + n < sizeof h->text) memcpy(h->text + h->n, text, n), h->n += n;
}

START_TEST(runs_a_script) {
  Hebb *h = hebb_new();
  Heard heard = {{0}, 0};
  double x[4];
  hebb_on_print(h, hear, &heard);
  ck_assert_int_eq(hebb_load_string(h, "let a = [1, 2, 3] mV\nlet n = 4\nprint \"sum {sum(a)}\"\n"), HEBB_OK);
  ck_assert_int_eq(hebb_run(h), HEBB_OK);
  ck_assert_str_eq(heard.text, "sum 6 mV\n");
  ck_assert_uint_eq(hebb_get(h, "a", x, 4), 3);
  ck_assert(x[0] == 0.001 && x[2] == 0.003);
  ck_assert_uint_eq(hebb_get(h, "a in mV", x, 1), 3); // no more than there is room for
  ck_assert(x[0] == 1 && x[1] == 0.002);
  ck_assert_uint_eq(hebb_get(h, "n + 1", x, 4), 1);
  ck_assert(x[0] == 5);
  ck_assert_str_eq(hebb_errors(h), "");
  hebb_free(h);
}
END_TEST

START_TEST(runs_a_network) {
  Hebb *h = hebb_new();
  double v[3], t[100], interval;
  int64_t i[100];
  ck_assert_int_eq(hebb_load_string(h, LIF), HEBB_OK);
  ck_assert_int_eq(hebb_run(h), HEBB_OK);
  ck_assert_uint_eq(hebb_get(h, "t", &interval, 1), 1);
  ck_assert(interval == 0);
  ck_assert_int_eq(hebb_run_for(h, 0.05), HEBB_OK);
  ck_assert_uint_eq(hebb_get(h, "P.V in mV", v, 3), 3);
  ck_assert(v[0] == 0 && v[1] > 9 && v[1] < 10); // 10 mV(1 - exp(-5))
  size_t n = hebb_spikes(h, "P", t, i, 100);
  ck_assert_uint_gt(n, 5);
  for (size_t k = 0; k < n; k++) ck_assert_int_eq(i[k], 2);
  // neuron 2 needs 10 ms log(20/10) to the threshold
  ck_assert(fabs(t[0] - 0.01 * log(2)) < 2e-4);
  ck_assert_uint_eq(hebb_spikes(h, "P[0:2]", NULL, NULL, 0), 0);
  hebb_free(h);
}
END_TEST

START_TEST(sets_values) {
  Hebb *h = hebb_new();
  double drive[3] = {0, 0, 0}, one = 0.03, x[3];
  hebb_load_string(h, LIF);
  hebb_load_string(h, "let a = 1 mV\nlet b = [1, 2]\n");
  hebb_run(h);
  ck_assert_int_eq(hebb_set(h, "P.I", drive, 3), HEBB_OK);
  ck_assert_int_eq(hebb_run_for(h, 0.1), HEBB_OK);
  ck_assert_uint_eq(hebb_spikes(h, "P", NULL, NULL, 0), 0);
  ck_assert_int_eq(hebb_set(h, "P.I", &one, 1), HEBB_OK);
  ck_assert_uint_eq(hebb_get(h, "P.I", x, 3), 3);
  ck_assert(x[0] == 0.03 && x[2] == 0.03);
  ck_assert_int_eq(hebb_set(h, "a", &one, 1), HEBB_OK);
  hebb_get(h, "a in mV", x, 1);
  ck_assert(x[0] == 30);
  ck_assert_int_eq(hebb_set(h, "b", drive, 3), HEBB_OK);
  ck_assert_uint_eq(hebb_get(h, "b", x, 3), 3);
  ck_assert_int_eq(hebb_set(h, "P.I", drive, 2), HEBB_ERROR); // two values for three neurons
  ck_assert_int_eq(hebb_set(h, "P.U", &one, 1), HEBB_ERROR);
  ck_assert_int_eq(hebb_set(h, "nothing", &one, 1), HEBB_ERROR);
  ck_assert_int_eq(hebb_set(h, "P", &one, 1), HEBB_ERROR);
  ck_assert_ptr_nonnull(strstr(hebb_errors(h), "P"));
  hebb_free(h);
}
END_TEST

START_TEST(says_what_is_wrong) {
  Hebb *h = hebb_new();
  double x;
  ck_assert_int_eq(hebb_load_string(h, "let a = 1 mV + 1 ms\n"), HEBB_ERROR);
  ck_assert_ptr_nonnull(strstr(hebb_errors(h), "E0412"));
  ck_assert_int_eq(hebb_load_string(h, "let b = [1, 2]\nprint b[5]\n"), HEBB_OK);
  ck_assert_int_eq(hebb_run(h), HEBB_ERROR);
  ck_assert_ptr_nonnull(strstr(hebb_errors(h), "E0720"));
  ck_assert_uint_eq(hebb_get(h, "nothing", &x, 1), HEBB_NONE);
  ck_assert_ptr_nonnull(strstr(hebb_errors(h), "nothing"));
  ck_assert_uint_eq(hebb_get(h, "b +", &x, 1), HEBB_NONE);
  ck_assert_uint_eq(hebb_get(h, "\"text\"", &x, 1), HEBB_NONE);
  ck_assert_uint_eq(hebb_spikes(h, "b", NULL, NULL, 0), HEBB_NONE);
  ck_assert_int_eq(hebb_load_file(h, "there/is/none.hebb"), HEBB_ERROR);
  ck_assert_ptr_nonnull(strstr(hebb_errors(h), "no such file"));
  ck_assert_uint_eq(hebb_get(h, "b[0]", &x, 1), 1); // and goes on working
  ck_assert_str_eq(hebb_errors(h), "");
  hebb_free(h);
}
END_TEST

START_TEST(expectations_have_a_status) {
  Hebb *h = hebb_new();
  hebb_load_string(h, "let x = 3\nexpect x == 4\n");
  ck_assert_int_eq(hebb_run(h), HEBB_UNMET);
  ck_assert_ptr_nonnull(strstr(hebb_errors(h), "3 == 4"));
  hebb_free(h);
}
END_TEST

START_TEST(takes_options) {
  Hebb *h = hebb_new();
  double x;
  ck_assert_int_eq(hebb_option(h, "a", "5 ms"), HEBB_OK);
  ck_assert_int_eq(hebb_option(h, "dt", "0.5 ms"), HEBB_OK);
  ck_assert_int_eq(hebb_option(h, "b", "1 +"), HEBB_ERROR);
  ck_assert_int_eq(hebb_load_string(h, "let a = 1 ms\nlet b = 2*a\n"), HEBB_OK);
  ck_assert_int_eq(hebb_run(h), HEBB_OK);
  hebb_get(h, "b in ms", &x, 1);
  ck_assert(x == 10);
  hebb_get(h, "dt in ms", &x, 1);
  ck_assert(x == 0.5);
  hebb_free(h);
}
END_TEST

// Steps of two instances in turn give what each gives alone.
START_TEST(instances_do_not_disturb_each_other) {
  Hebb *a = hebb_new(), *b = hebb_new(), *alone = hebb_new();
  double va[3], vb[3], v[3];
  hebb_load_string(a, LIF);
  hebb_load_string(b, "let P = 7\n");
  hebb_load_string(b, "neuron Q { state x = 1; 1 ms*dx/dt = -x }\npopulation R = Q[2]\nset seed = 9\n");
  hebb_load_string(alone, LIF);
  ck_assert_int_eq(hebb_run(a), HEBB_OK);
  ck_assert_int_eq(hebb_run(b), HEBB_OK);
  ck_assert_int_eq(hebb_run(alone), HEBB_OK);
  for (int k = 0; k < 5; k++) {
    ck_assert_int_eq(hebb_run_for(a, 0.01), HEBB_OK);
    ck_assert_int_eq(hebb_run_for(b, 0.01), HEBB_OK);
  }
  ck_assert_int_eq(hebb_run_for(alone, 0.05), HEBB_OK);
  hebb_get(a, "P.V", va, 3);
  hebb_get(alone, "P.V", v, 3);
  ck_assert_uint_eq(hebb_get(b, "R.x", vb, 3), 2);
  ck_assert_int_eq(memcmp(va, v, sizeof v), 0);
  ck_assert(fabs(vb[0] - exp(-50)) < 1e-6);
  hebb_free(a);
  hebb_free(b);
  hebb_free(alone);
}
END_TEST

START_TEST(can_be_interrupted) {
  Hebb *h = hebb_new();
  double x;
  hebb_load_string(h, LIF);
  hebb_run(h);
  hebb_interrupt(h);
  ck_assert_int_eq(hebb_run_for(h, 1e6), HEBB_STOPPED);
  ck_assert_uint_eq(hebb_get(h, "P.V[0]", &x, 1), 1);
  hebb_free(h);
}
END_TEST

START_TEST(asking_again_costs_no_compilation) {
  Hebb *h = hebb_new();
  double x;
  hebb_load_string(h, "let a = 1\n");
  hebb_run(h);
  for (int k = 0; k < 20000; k++) {
    double y = k;
    ck_assert_int_eq(hebb_set(h, "a", &y, 1), HEBB_OK);
    ck_assert_uint_eq(hebb_get(h, "2*a", &x, 1), 1);
    ck_assert(x == 2 * y);
  }
  hebb_free(h);
}
END_TEST

TEST_MAIN("hebb", runs_a_script, runs_a_network, sets_values, says_what_is_wrong, expectations_have_a_status, takes_options,
          instances_do_not_disturb_each_other, can_be_interrupted, asking_again_costs_no_compilation)
