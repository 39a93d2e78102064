// SPDX-License-Identifier: MIT
#include "tests/unit/value_helpers.h"
#include "vm/io.h"
#include "vm/plot.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[512];

static const char *in_dir(const char *name) {
  static char path[4][1024];
  static int at;
  at = (at + 1) % 4;
  snprintf(path[at], sizeof path[at], "%s/%s", dir, name);
  return path[at];
}

static void write_bytes(const char *name, const char *bytes, size_t n) {
  ck_assert_ptr_null(io_write(in_dir(name), bytes, n));
}
static void write_text(const char *name, const char *s) { write_bytes(name, s, strlen(s)); }

static const char *read_text(const char *name) {
  static char buf[8192];
  FILE *f = fopen(in_dir(name), "rb");
  size_t n = f ? fread(buf, 1, sizeof buf - 1, f) : 0;
  buf[n] = 0;
  if (f) fclose(f);
  return buf;
}

static int save(Value v, const char *unit, double scale, const char *name) {
  Diags *d = diags_new(NULL);
  io_save(d, NOWHERE, v, "V", unit, scale, name, dir);
  int code = error_of(d);
  value_drop(v);
  diags_free(d);
  return code;
}

static char message[1024];
static Value load(const char *name, int *code) {
  Diags *d = diags_new(NULL);
  Value v = value_none();
  io_load(d, NOWHERE, name, dir, &v);
  message[0] = 0;
  if (diags_errors(d)) snprintf(message, sizeof message, "%s", diags_text(d, 0));
  *code = error_of(d);
  diags_free(d);
  return v;
}
#define LOADED(name) shown(load(name, &(int){0}))
#define BAD(name, with)                                                                                                \
  do {                                                                                                                 \
    int code_;                                                                                                         \
    value_drop(load(name, &code_));                                                                                    \
    ck_assert_int_eq(code_, E_FILE_CONTENT);                                                                           \
    ck_assert_msg(strstr(message, with) != NULL, "%s", message);                                                       \
  } while (0)

START_TEST(csv_of_arrays) {
  ck_assert_int_eq(save(VEC(1, 2.5), "", 1, "a.csv"), 0);
  ck_assert_str_eq(read_text("a.csv"), "1\n2.5\n");
  ck_assert_int_eq(save(MAT(2, 2, -0.07, 0.001, 0, 1), "mV", 1e-3, "a.csv"), 0);
  ck_assert_str_eq(read_text("a.csv"), "-70,1\n0,1000\n");
  ck_assert_str_eq(LOADED("a.csv"), "[[-70, 1], [0, 1000]]");
  ck_assert_int_eq(save(make(VAL_NUM, 3, (int64_t[]){1, 1, 1}, (double[]){1}), "", 1, "a.csv"), E_SAVE);
  ck_assert_str_eq(read_text("a.csv"), "-70,1\n0,1000\n"); // untouched
}
END_TEST

START_TEST(csv_of_tables) {
  Table *t = table_new(3);
  Array *names = array_new1(VAL_STR, 2);
  names->strs[0] = (StrObj *)text("a,b").obj;
  names->strs[1] = (StrObj *)text("say \"x\"").obj;
  table_set(t, 0, "t", "ms", 1e-3, VEC(0, 0.0001));
  table_set(t, 1, "V", "", 1, MAT(2, 2, 1, 2, 3, 4));
  table_set(t, 2, "name", "", 1, value_obj(names));
  ck_assert_int_eq(save(value_obj(t), "", 1, "t.csv"), 0);
  ck_assert_str_eq(read_text("t.csv"), "t (ms),V[0],V[1],name\n0,1,2,\"a,b\"\n0.1,3,4,\"say \"\"x\"\"\"\n");
  int code;
  Value back = load("t.csv", &code);
  ck_assert_int_eq(back.kind, VAL_TABLE);
  const Table *b = (const Table *)back.obj;
  ck_assert_int_eq(b->ncols, 4);
  ck_assert_str_eq(b->names[0], "t");
  ck_assert_str_eq(b->units[0], "ms");
  SHOWS(value_keep(b->cols[0]), "[0, 0.1]"); // the plain numbers of the file
  SHOWS(value_keep(b->cols[3]), "[\"a,b\", \"say \\\"x\\\"\"]");
  value_drop(back);
}
END_TEST

START_TEST(csv_as_people_write_it) {
  write_text("b.csv", "\xEF\xBB\xBF# a comment\r\n1, 2\r\n\r\n3,nan\r\n");
  ck_assert_str_eq(LOADED("b.csv"), "[[1, 2], [3, nan]]");
  write_text("b.csv", "x,y\n1,2\n");
  ck_assert_str_eq(LOADED("b.csv"), "x  y\n1  2");
  write_text("b.csv", "x,y\n");
  ck_assert_str_eq(LOADED("b.csv"), "x  y");
  write_text("b.csv", "5");
  ck_assert_str_eq(LOADED("b.csv"), "[[5]]");
}
END_TEST

START_TEST(csv_that_is_none) {
  write_text("c.csv", "1,2\n3\n");
  BAD("c.csv", "line 2");
  write_text("c.csv", "x,y\n1,2\n3,abc\n");
  BAD("c.csv", "line 3");
  write_text("c.csv", "");
  BAD("c.csv", "empty");
  write_text("c.csv", "\"abc\n1,2\n");
  BAD("c.csv", "never closed");
}
END_TEST

START_TEST(numbers_survive_csv) {
  Array *a = array_new1(VAL_NUM, 500);
  uint64_t state = 7;
  for (int k = 0; k < 500; k++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    a->data[k] = (double)(int64_t)state * 0x1p-70;
  }
  ck_assert_int_eq(save(value_keep(value_obj(a)), "", 1, "r.csv"), 0);
  int code;
  Value back = load("r.csv", &code);
  const Array *b = (const Array *)back.obj;
  ck_assert_int_eq(b->n, 500);
  for (int k = 0; k < 500; k++) ck_assert_double_eq(a->data[k], b->data[k]);
  value_drop(back);
  value_drop(value_obj(a));
}
END_TEST

START_TEST(npy_round_trips) {
  ck_assert_int_eq(save(MAT(2, 3, 1, 2, 3, 4, 5, 6.5), "", 1, "a.npy"), 0);
  ck_assert_str_eq(LOADED("a.npy"), "[[1, 2, 3], [4, 5, 6.5]]");
  ck_assert_int_eq(save(INTS(-1, 2), "", 1, "a.npy"), 0);
  ck_assert_str_eq(LOADED("a.npy"), "[-1, 2]");
  ck_assert_int_eq(save(MASK(1, 0), "", 1, "a.npy"), 0);
  ck_assert_str_eq(LOADED("a.npy"), "[true, false]");
  ck_assert_int_eq(save(empty(), "", 1, "a.npy"), 0);
  ck_assert_str_eq(LOADED("a.npy"), "[]");
  ck_assert_int_eq(save(VEC(0.009, -0.07), "mV", 1e-3, "a.npy"), 0);
  ck_assert_str_eq(LOADED("a.npy"), "[9, -70]");
  ck_assert_int_eq(save(text("a"), "", 1, "a.npy"), E_SAVE);
}
END_TEST

static void write_npy(const char *name, const char *header, const void *data, size_t n) {
  Str s = {0};
  str_addn(&s, "\x93NUMPY\x01\x00", 8);
  str_addc(&s, (char)(strlen(header) & 255));
  str_addc(&s, (char)(strlen(header) >> 8));
  str_add(&s, header);
  str_addn(&s, data, n);
  write_bytes(name, s.data, s.n);
  str_free(&s);
}

START_TEST(npy_of_others) {
  float f4[2] = {1.5f, -2};
  write_npy("f.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", f4, sizeof f4);
  ck_assert_str_eq(LOADED("f.npy"), "[1.5, -2]");
  unsigned char u1[3] = {1, 200, 255}, big[4] = {0x01, 0x00, 0xFF, 0xFF};
  write_npy("f.npy", "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }\n", u1, sizeof u1);
  ck_assert_str_eq(LOADED("f.npy"), "[1, 200, 255]");
  write_npy("f.npy", "{'descr': '>i2', 'fortran_order': False, 'shape': (2,), }\n", big, sizeof big);
  ck_assert_str_eq(LOADED("f.npy"), "[256, -1]");
  int32_t i4[6] = {1, 4, 2, 5, 3, 6};
  write_npy("f.npy", "{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3), }\n", i4, sizeof i4);
  ck_assert_str_eq(LOADED("f.npy"), "[[1, 2, 3], [4, 5, 6]]");
  double one = 7;
  write_npy("f.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (), }\n", &one, sizeof one);
  ck_assert_str_eq(LOADED("f.npy"), "7");
}
END_TEST

START_TEST(npy_that_is_none) {
  write_text("g.npy", "hello");
  BAD("g.npy", "begin");
  write_npy("g.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (9,), }\n", "abc", 3);
  BAD("g.npy", "shorter");
  write_npy("g.npy", "{'descr': '<c16', 'fortran_order': False, 'shape': (1,), }\n", "0123456789abcdef", 16);
  BAD("g.npy", "");
  write_npy("g.npy", "{'descr': '<f8', 'shape': (1,), }\n", "01234567", 8);
  BAD("g.npy", "header");
  write_npy("g.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 99999999999), }\n", "", 0);
  BAD("g.npy", "");
  write_bytes("g.npy", "\x93NUMPY\x02\x00\xff\xff\xff\xff{", 13);
  BAD("g.npy", "");
}
END_TEST

// An archive whose bytes were changed, cut or compressed is refused.
START_TEST(archives) {
  static char good[4096], text[4096];
  Array *a = array_new1(VAL_NUM, 3);
  for (int k = 0; k < 3; k++) a->data[k] = k + 1;
  ck_assert_int_eq(save(value_obj(a), "mV", 1, "x.npz"), 0);
  read_text("x.npz");
  FILE *f = fopen(in_dir("x.npz"), "rb");
  size_t n = fread(good, 1, sizeof good, f);
  fclose(f);
  int code;
  Value v = load("x.npz", &code);
  ck_assert_int_eq(code, 0);
  ck_assert_int_eq(v.kind, VAL_TABLE);
  ck_assert_str_eq(((Table *)v.obj)->names[0], "V");
  value_drop(v);
  memcpy(text, good, n);
  text[5 + 30 + 128] ^= 1; // in the numbers of V.npy
  write_bytes("y.npz", text, n);
  BAD("y.npz", "checksum");
  write_bytes("y.npz", good, n - 30);
  BAD("y.npz", "does not end");
  for (size_t k = 0; k + 46 < n; k++)
    if (memcmp(good + k, "PK\1\2", 4) == 0) good[k + 10] = 8;
  write_bytes("y.npz", good, n);
  BAD("y.npz", "compressed");
  write_bytes("y.npz", "PK\5\6", 4);
  BAD("y.npz", "does not end");
  for (size_t k = 0; k < 200; k++) { // anything else is refused, or read: never more
    memcpy(text, good, n);
    text[(k * 7919) % n] ^= (char)(1 << (k % 8));
    write_bytes("z.npz", text, n);
    value_drop(load("z.npz", &code));
  }
  for (const char *name = "xyz"; *name; name++) unlink(in_dir((const char[]){*name, '.', 'n', 'p', 'z', 0}));
}
END_TEST

START_TEST(files_that_are_not_there) {
  int code;
  load("nowhere.csv", &code);
  ck_assert_int_eq(code, E_FILE_READ);
  load("x.doc", &code);
  ck_assert_int_eq(code, E_FILE_KIND);
  load("x.h5", &code);
#ifdef HAVE_HDF5
  ck_assert_int_eq(code, E_FILE_READ);
#else
  ck_assert_int_eq(code, E_NOT_SUPPORTED);
#endif
  ck_assert_int_eq(save(VEC(1), "", 1, "nodir/a.csv"), E_FILE_WRITE);
  ck_assert_int_eq(save(VEC(1), "", 1, "a"), E_FILE_KIND);
  mkdir(in_dir("d.csv"), 0700);
  ck_assert_int_eq(save(VEC(1), "", 1, "d.csv"), E_FILE_WRITE);
  load("d.csv", &code);
  ck_assert_int_eq(code, E_FILE_READ);
  rmdir(in_dir("d.csv"));
}
END_TEST

START_TEST(paths) {
  Str s = {0};
  io_path(&s, "a.csv", "/x");
  ck_assert_str_eq(s.data, "/x/a.csv");
  s.n = 0;
  io_path(&s, "/a.csv", "/x");
  ck_assert_str_eq(s.data, "/a.csv");
  s.n = 0;
  io_path(&s, "a.csv", NULL);
  ck_assert_str_eq(s.data, "a.csv");
  str_free(&s);
}
END_TEST

// ---- figures: the script alone, no gnuplot ----

static const char *script_of(Plot *p, int *code) {
  static char buf[1 << 16];
  Diags *d = diags_new(NULL);
  Str s = {0};
  plot_script(NULL, d, p, &s);
  *code = error_of(d);
  snprintf(buf, sizeof buf, "%s", s.data ? s.data : "");
  str_free(&s);
  diags_free(d);
  return buf;
}

START_TEST(no_text_is_a_command) {
  Value y = VEC(1, 2);
  PlotItem item = {.kind = PLOT_TRACE, .y = y, .y_label = "a' \nsystem 'touch x", .y_unit = "mV", .y_scale = 1e-3};
  Plot p = {.items = &item, .nitems = 1, .title = "it's `date`\n!touch x", .file = "a.gp"};
  int code;
  const char *s = script_of(&p, &code);
  ck_assert_int_eq(code, 0);
  ck_assert_ptr_nonnull(strstr(s, "set title 'it''s `date` !touch x'"));
  ck_assert_ptr_nonnull(strstr(s, "set ylabel 'a''  system ''touch x (mV)'"));
  ck_assert_ptr_nonnull(strstr(s, "0 1000\n1 2000\n"));
  ck_assert_ptr_null(strstr(s, "\nsystem"));
  ck_assert_ptr_null(strstr(s, "\n!"));
  value_drop(y);
}
END_TEST

START_TEST(what_cannot_be_drawn) {
  Value y = VEC(1, 2), x = VEC(1, 2, 3), t = text("a");
  PlotItem item = {.kind = PLOT_TRACE, .y = y, .x = x, .y_label = "y", .y_unit = "", .y_scale = 1, .x_scale = 1};
  Plot p = {.items = &item, .nitems = 1, .file = "a.gp"};
  int code;
  script_of(&p, &code);
  ck_assert_int_eq(code, E_PLOT);
  item.y = t;
  script_of(&p, &code);
  ck_assert_int_eq(code, E_PLOT);
  item = (PlotItem){.kind = PLOT_HISTOGRAM, .y = y, .x = value_num(NAN)};
  script_of(&p, &code);
  ck_assert_int_eq(code, E_PLOT);
  item = (PlotItem){.kind = PLOT_IMAGE, .y = y};
  script_of(&p, &code);
  ck_assert_int_eq(code, E_PLOT);
  item = (PlotItem){.kind = PLOT_RASTER, .y = y};
  script_of(&p, &code);
  ck_assert_int_eq(code, E_PLOT);
  item = (PlotItem){.kind = PLOT_TRACE, .y = y};
  p.file = "a.doc";
  script_of(&p, &code);
  ck_assert_int_eq(code, E_FILE_KIND);
  value_drop(y);
  value_drop(x);
  value_drop(t);
}
END_TEST

static void make_dir(void) {
  const char *tmp = getenv("TMPDIR");
  snprintf(dir, sizeof dir, "%s/hebb-io-XXXXXX", tmp && *tmp ? tmp : "/tmp");
  if (!mkdtemp(dir)) abort();
}

static void remove_dir(void) {
  static const char *const files[] = {"a.csv", "t.csv", "b.csv", "c.csv", "r.csv", "a.npy", "f.npy", "g.npy"};
  for (size_t k = 0; k < sizeof files / sizeof *files; k++) unlink(in_dir(files[k]));
  ck_assert_int_eq(rmdir(dir), 0); // nothing half written is left
}

int main(void) {
  Suite *suite = suite_create("io");
  TCase *tc = tcase_create("io");
  const TTest *tests[] = {csv_of_arrays, csv_of_tables, csv_as_people_write_it, csv_that_is_none, numbers_survive_csv,
                          npy_round_trips, npy_of_others, npy_that_is_none, archives, files_that_are_not_there, paths,
                          no_text_is_a_command, what_cannot_be_drawn};
  tcase_add_checked_fixture(tc, make_dir, remove_dir);
  for (size_t k = 0; k < sizeof tests / sizeof *tests; k++) tcase_add_test(tc, tests[k]);
  suite_add_tcase(suite, tc);
  SRunner *r = srunner_create(suite);
  srunner_set_tap(r, "-");
  srunner_run_all(r, CK_SILENT);
  int failed = srunner_ntests_failed(r);
  srunner_free(r);
  return failed != 0;
}
