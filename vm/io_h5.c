// SPDX-License-Identifier: MIT
// HDF5: a dataset for each named array, with the attribute `unit`; what made the file is the attribute `provenance` of the
// root, a JSON object. Compiled where HDF5 was found.
#include "vm/io_format.h"

#ifdef HAVE_HDF5
#include <hdf5.h>
#include <string.h>

#include "base/arena.h"
#include "base/scale.h"

// The library prints its own stack of errors unless told not to.
static void quiet(void) { H5Eset_auto2(H5E_DEFAULT, NULL, NULL); }

static bool add_attribute(hid_t to, const char *name, const char *text) {
  hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
  H5Tset_size(type, strlen(text) + 1);
  hid_t a = H5Acreate2(to, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  bool ok = a >= 0 && H5Awrite(a, type, text) >= 0;
  if (a >= 0) H5Aclose(a);
  H5Sclose(space);
  H5Tclose(type);
  return ok;
}

static bool add_provenance(hid_t file, const char *members) {
  Str s = {0};
  str_addf(&s, "{%s}", members ? members : "");
  bool ok = add_attribute(file, "provenance", s.data);
  str_free(&s);
  return ok;
}

static hid_t create(const char *path) {
  quiet();
  return H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
}

// ---- whole values ----
static bool add_dataset(hid_t file, const IoColumn *c) {
  hsize_t shape[ARRAY_DIMS];
  for (int k = 0; k < c->a->ndim; k++) shape[k] = (hsize_t)c->a->shape[k];
  hid_t space = c->a->ndim ? H5Screate_simple(c->a->ndim, shape, NULL) : H5Screate(H5S_SCALAR);
  hid_t type = c->a->elem == VAL_NUM ? H5T_IEEE_F64LE : c->a->elem == VAL_INT ? H5T_STD_I64LE : H5T_STD_U8LE;
  hid_t set = H5Dcreate2(file, c->name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  double *x = mem_alloc(sizeof *x * (size_t)(c->a->n + 1));
  for (int64_t k = 0; k < c->a->n; k++) x[k] = c->a->elem == VAL_NUM ? scale_from_si(c->a->data[k], c->scale) : c->a->data[k];
  bool ok = set >= 0 && H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, x) >= 0;
  ok = ok && (!*c->unit || add_attribute(set, "unit", c->unit));
  mem_free(x);
  if (set >= 0) H5Dclose(set);
  H5Sclose(space);
  return ok;
}

const char *io_h5_write(const char *path, const IoColumns *c, const IoText *how) {
  hid_t file = create(path);
  if (file < 0) return "it cannot be made: there is no such directory, or it may not be written to";
  bool ok = add_provenance(file, how->provenance);
  for (int k = 0; ok && k < c->n; k++) ok = add_dataset(file, &c->column[k]);
  if (H5Fclose(file) < 0) ok = false;
  return ok ? NULL : "the disk is full, or two columns have one name";
}

// ---- reading ----
typedef struct Reading {
  Diags *d;
  Span span;
  const char *path;
  Table *t;
  int taken;
  bool ok;
} Reading;

static bool bad(Reading *r, const char *name, const char *what) {
  diag(r->d, E_FILE_CONTENT, r->span, "\"%s\" cannot be read as .h5: %s%s", r->path, name, what);
  return r->ok = false;
}

static bool read_dataset(Reading *r, hid_t set, const char *name) {
  hid_t space = H5Dget_space(set), type = H5Dget_type(set);
  H5T_class_t class = H5Tget_class(type);
  int ndim = H5Sget_simple_extent_ndims(space);
  hsize_t dims[H5S_MAX_RANK];
  int64_t shape[ARRAY_DIMS];
  bool fits = ndim >= 0 && ndim <= ARRAY_DIMS && H5Sget_simple_extent_dims(space, dims, NULL) >= 0;
  for (int k = 0; fits && k < ndim; k++) shape[k] = (int64_t)dims[k];
  bool number = class == H5T_FLOAT || class == H5T_INTEGER;
  Array *a = fits && number ? array_new(class == H5T_INTEGER ? VAL_INT : VAL_NUM, ndim, shape) : NULL;
  H5Tclose(type);
  H5Sclose(space);
  if (!number) return true; // texts and records are passed over
  if (!a) return bad(r, name, " is too large or has too many axes");
  bool ok = !a->n || H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, a->data) >= 0;
  if (!ok) return value_drop(value_obj(a)), bad(r, name, " cannot be read");
  table_set(r->t, r->taken++, name, "", 1, value_obj(a));
  return true;
}

static herr_t visit(hid_t group, const char *name, const H5L_info_t *info, void *ctx) {
  Reading *r = ctx;
  (void)info;
  hid_t o = H5Oopen(group, name, H5P_DEFAULT);
  if (o < 0) return 0;
  if (H5Iget_type(o) == H5I_DATASET && r->taken < r->t->ncols) read_dataset(r, o, name);
  H5Oclose(o);
  return r->ok ? 0 : -1;
}

bool io_h5_read(Diags *d, Span span, const char *path, Value *out) {
  quiet();
  FILE *f = fopen(path, "rb");
  if (!f) {
    diag(d, E_FILE_READ, span, "cannot read \"%s\": no such file, or it may not be read", path);
    return false;
  }
  fclose(f);
  Reading r = {.d = d, .span = span, .path = path, .ok = true};
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file < 0) return bad(&r, "", "it is no such file, or is damaged");
  H5G_info_t info;
  H5Gget_info(file, &info);
  r.t = table_new((int)(info.nlinks < 4096 ? info.nlinks : 4096));
  H5Literate(file, H5_INDEX_NAME, H5_ITER_INC, NULL, visit, &r);
  H5Fclose(file);
  r.t->ncols = r.taken;
  if (r.ok) *out = value_obj(r.t);
  else value_drop(value_obj(r.t));
  return r.ok;
}

// ---- streams ----
struct IoH5Stream {
  hid_t file, t, v;
  hsize_t rows, width;
  char name[200], unit[64];
};

IoH5Stream *io_h5_open(const char *path, const char *name, const char *unit, const char *provenance) {
  hid_t file = create(path);
  if (file < 0) return NULL;
  IoH5Stream *s = mem_alloc(sizeof *s);
  *s = (IoH5Stream){.file = file, .t = -1, .v = -1};
  snprintf(s->name, sizeof s->name, "%s", strcmp(name, "t") == 0 || !*name ? "value" : name);
  snprintf(s->unit, sizeof s->unit, "%s", unit ? unit : "");
  add_provenance(file, provenance);
  return s;
}

static hid_t growing(IoH5Stream *s, const char *name, const char *unit, int ndim) {
  hsize_t now[2] = {0, s->width}, most[2] = {H5S_UNLIMITED, s->width}, chunk[2] = {1, s->width ? s->width : 1};
  while (chunk[0] * (ndim > 1 ? chunk[1] : 1) < 8192) chunk[0] *= 2;
  hid_t space = H5Screate_simple(ndim, now, most), how = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(how, ndim, chunk);
  hid_t set = H5Dcreate2(s->file, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, how, H5P_DEFAULT);
  H5Pclose(how);
  H5Sclose(space);
  if (set >= 0 && *unit) add_attribute(set, "unit", unit);
  return set;
}

static bool extend(hid_t set, hsize_t from, hsize_t rows, hsize_t width, int ndim, const double *x) {
  hsize_t size[2] = {from + rows, width}, start[2] = {from, 0}, count[2] = {rows, width};
  if (set < 0 || H5Dset_extent(set, size) < 0) return false;
  hid_t space = H5Dget_space(set), part = H5Screate_simple(ndim, count, NULL);
  bool ok = H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) >= 0 &&
            H5Dwrite(set, H5T_NATIVE_DOUBLE, part, space, H5P_DEFAULT, x) >= 0;
  H5Sclose(part);
  H5Sclose(space);
  return ok;
}

bool io_h5_add(IoH5Stream *s, const double *t, const double *values, int64_t rows, int64_t width, bool flat) {
  int ndim = flat ? 1 : 2;
  s->width = (hsize_t)width;
  if (s->t < 0) {
    s->t = growing(s, "t", "ms", 1);
    s->v = growing(s, s->name, s->unit, ndim);
  }
  bool ok = extend(s->t, s->rows, (hsize_t)rows, 1, 1, t) && extend(s->v, s->rows, (hsize_t)rows, s->width, ndim, values);
  s->rows += (hsize_t)rows;
  return ok && H5Fflush(s->file, H5F_SCOPE_LOCAL) >= 0;
}

bool io_h5_cut(IoH5Stream *s, int64_t rows) {
  hsize_t size[2] = {(hsize_t)rows, s->width};
  s->rows = (hsize_t)rows;
  return s->t < 0 || (H5Dset_extent(s->t, size) >= 0 && H5Dset_extent(s->v, size) >= 0);
}

bool io_h5_close(IoH5Stream *s) {
  if (s->t >= 0) H5Dclose(s->t);
  if (s->v >= 0) H5Dclose(s->v);
  bool ok = H5Fclose(s->file) >= 0;
  mem_free(s);
  return ok;
}
#endif
