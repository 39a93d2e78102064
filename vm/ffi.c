// SPDX-License-Identifier: MIT
// Loading libraries, and the calls themselves.
//
// A name with a / is a file, and its path starts at the script that says so. Any other is looked for beside the script, in
// the directories that hebb was given for kernels, and then left to the loader, which has its own places. The ending of shared libraries may be left out.
// Errors of the loader are told in its own words, after a look at what they are about: a file that is not there, one made
// for another machine, a library that in turn lacks one.
#include "vm/ffi.h"

#include "base/arena.h"
#include "base/scale.h"
#include "base/str.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <ffi.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __APPLE__
#define ENDING ".dylib"
#else
#define ENDING ".so"
#endif

// ---- the library ----
static bool exists(const char *path) { return access(path, F_OK) == 0; }

static bool has_ending(const char *name) { return strstr(name, ".so") || strstr(name, ".dylib"); }

// dir/name, with the ending where `ending`; a leading ./ of the name is dropped.
static void join(Str *out, const char *dir, const char *name, bool ending) {
  out->n = 0;
  while (name[0] == '.' && name[1] == '/') name += 2;
  str_add(out, dir);
  if (*dir && dir[strlen(dir) - 1] != '/') str_addc(out, '/');
  else if (!*dir && !strchr(name, '/')) str_add(out, "./"); // a bare name would go to the loader's places
  str_add(out, name);
  if (ending) str_add(out, ENDING);
}

typedef struct Search {
  NativeLib *lib;
  Str path;   // of the file found, or what the loader is asked for
  Str places; // where it was not
  Str words;  // of the loader
  bool found; // there is such a file
} Search;

// What a file is called for the loader. It knows files by their names: one that was made anew gets another name, that of a
// descriptor, which stays open so that no later one has it.
static const char *loader_name(const char *path, char buf[static 64]) {
  int fd = native_replaced(path) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return path;
  snprintf(buf, 64, "/proc/self/fd/%d", fd);
  return buf;
}

static bool try_open(Search *s, const char *path) {
  char buf[64];
  s->lib->handle = dlopen(loader_name(path, buf), RTLD_NOW | RTLD_LOCAL);
  if (s->lib->handle) return true;
  const char *why = dlerror();
  s->words.n = 0;
  str_add(&s->words, why ? why : "it gives no reason");
  return false;
}

// A file in one directory, with and without ending. True if it is there: then the search is over.
static bool look_in(Search *s, const char *dir) {
  for (int ending = 0; ending < 2 - has_ending(s->lib->name); ending++) {
    join(&s->path, dir, s->lib->name, ending);
    if (exists(s->path.data)) {
      s->found = true;
      try_open(s, s->path.data);
      return true;
    }
  }
  join(&s->path, dir, s->lib->name, false);
  str_addf(&s->places, "%s%s%s", s->places.n ? ", " : "", s->path.data, has_ending(s->lib->name) ? "" : "[" ENDING "]");
  return false;
}

// The loader found a file of that name among its own and did not take it.
static bool refused(const Search *s) { return !s->found && s->words.n && !strstr(s->words.data, ": cannot open shared object file"); }

static bool ask_loader(Search *s) {
  for (int ending = 0; ending < 2 - has_ending(s->lib->name); ending++) {
    s->path.n = 0;
    str_addf(&s->path, "%s%s", s->lib->name, ending ? ENDING : "");
    if (try_open(s, s->path.data)) return true;
    if (refused(s)) return false;
  }
  const char *list = getenv("LD_LIBRARY_PATH");
  str_addf(&s->places, "%sthe system's directories of libraries%s%s", s->places.n ? ", " : "",
           list && *list ? " and LD_LIBRARY_PATH = " : "", list && *list ? list : "");
  return false;
}

static void search(Search *s) {
  if (strchr(s->lib->name, '/')) {
    look_in(s, s->lib->name[0] == '/' ? "" : s->lib->dir);
    return;
  }
  if (s->lib->dir && look_in(s, s->lib->dir)) return;
  for (int k = 0; k < s->lib->ndirs; k++)
    if (look_in(s, s->lib->dirs[k])) return;
  ask_loader(s);
}

// "libx.so.1: cannot open shared object file: ..." where libx.so.1 is not the library itself: what it lacks.
static bool lacks(const Search *s, char name[static 128]) {
  const char *end = s->words.n ? strstr(s->words.data, ": cannot open shared object file") : NULL;
  size_t n = end ? (size_t)(end - s->words.data) : 0;
  if (!n || n > 127) return false;
  memcpy(name, s->words.data, n);
  name[n] = 0;
  return strcmp(name, s->path.data) != 0;
}

static bool report_library(Search *s, Diags *d) {
  char other[128], buf[160];
  if (!d) return false;
  const char *name = s->lib->name, *machine = s->found ? native_machine(s->path.data, buf) : NULL;
  Diag *e;
  if (refused(s)) {
    e = diag(d, E_NATIVE_LIBRARY, s->lib->span, "the library \"%s\" cannot be loaded", name);
    if (strstr(s->words.data, "invalid ELF header")) diag_hint(e, "a text for the linker has this name: name the library itself, with its number, as in \"libm.so.6\"");
  } else if (!s->found && !lacks(s, other)) {
    e = diag(d, E_NATIVE_LIBRARY, s->lib->span, "there is no library \"%s\"", name);
    diag_note(e, "looked for it in %s", s->places.data);
    diag_hint(e, strchr(name, '/') ? "paths start at the script; make the library first if it is made from sources"
                                   : "if it is made from sources, make it first; HEBB_KERNEL_PATH lists further directories");
  } else if (machine) {
    e = diag(d, E_NATIVE_LIBRARY, s->lib->span, "\"%s\" is a library of another machine: %s", name, machine);
    diag_hint(e, "compile it on this one");
  } else if (lacks(s, other)) {
    e = diag(d, E_NATIVE_LIBRARY, s->lib->span, "\"%s\" needs %s, which is not found", name, other);
    diag_hint(e, "install it, or name its directory in LD_LIBRARY_PATH");
  } else {
    e = diag(d, E_NATIVE_LIBRARY, s->lib->span, "the library \"%s\" cannot be loaded", name);
  }
  if (s->words.n && (s->found || refused(s) || lacks(s, other))) diag_note(e, "the loader says: %s", s->words.data);
  return false;
}

static bool load(NativeLib *lib, Diags *d) {
  Search s = {.lib = lib};
  search(&s);
  bool ok = lib->handle != NULL;
  if (ok) {
    lib->path = native_path(lib->handle, s.path.data);
    void *p = dlsym(lib->handle, "hebb_kernel_message");
    memcpy(&lib->message, &p, sizeof p); // ISO C has no cast from an object to a function
  } else {
    report_library(&s, d);
  }
  str_free(&s.path);
  str_free(&s.places);
  str_free(&s.words);
  return ok;
}

// ---- symbols and call interfaces ----
static ffi_type *type_of(NativeType t) {
  switch (t) {
  case NATIVE_VOID: return &ffi_type_void;
  case NATIVE_REAL: return &ffi_type_double;
  case NATIVE_REAL32: return &ffi_type_float;
  case NATIVE_INT:
  case NATIVE_COUNT: return &ffi_type_sint64;
  case NATIVE_INT32: return &ffi_type_sint32;
  case NATIVE_BOOL: return &ffi_type_uint8;
  case NATIVE_STRING: return &ffi_type_pointer;
  }
  return &ffi_type_void;
}

typedef struct Interface {
  ffi_cif cif;
  ffi_type *arg[NATIVE_PARAMS];
} Interface;

static bool by_pointer(const NativeParam *p) { return p->ndim || p->dir != NATIVE_IN; }

static bool doubles_alone(const NativeFn *f) {
  bool all = !f->kernel && f->result == NATIVE_REAL && f->nparams <= 4;
  for (int k = 0; k < f->nparams; k++) all = all && f->param[k].type == NATIVE_REAL;
  return all;
}

static bool prepare(NativeFn *f, Interface *in, Diags *d) {
  bool status = f->kernel && f->result == NATIVE_VOID;
  for (int k = 0; k < f->nparams; k++)
    in->arg[k] = by_pointer(&f->param[k]) ? &ffi_type_pointer : type_of((NativeType)f->param[k].type);
  ffi_type *result = status ? &ffi_type_sint : type_of((NativeType)f->result);
  f->cif = &in->cif;
  f->direct = doubles_alone(f) ? f->nparams : -1;
  if (ffi_prep_cif(&in->cif, FFI_DEFAULT_ABI, (unsigned)f->nparams, result, in->arg) == FFI_OK) return true;
  if (d) diag(d, E_NATIVE_CALL, f->span, "libffi cannot call a function of these arguments and this result");
  return false;
}

// Whether C++ made another name of it: _Z, the length of the name, the name, its parameters.
static bool is_mangled(const char *symbol, const char *name) {
  char begin[160];
  int n = snprintf(begin, sizeof begin, "_Z%zu%s", strlen(name), name);
  return n < (int)sizeof begin && strncmp(symbol, begin, (size_t)n) == 0;
}

// Drops what nobody means to call: names that begin with _, and our own of hebb_kernel.h. True if C++ has `name` itself.
static bool callable(const char **names, int *n, const char *name) {
  int kept = 0;
  bool mangled = false;
  for (int k = 0; k < *n; k++) {
    mangled = mangled || is_mangled(names[k], name);
    if (names[k][0] != '_' && strcmp(names[k], "hebb_kernel_message") != 0) names[kept++] = names[k];
  }
  *n = kept;
  return mangled;
}

static void suggest(const NativeLib *lib, const char *name, Diag *e) {
  int n;
  const char **names = native_symbols(lib->path, &n);
  bool mangled = names && callable(names, &n, name);
  const char *near = nearest_name(name, names, n);
  if (mangled) diag_hint(e, "there is one of C++, which C cannot call: put HEBB_KERNEL (or extern \"C\") before it");
  else if (near) diag_hint(e, "did you mean `%s`?", near);
  else if (n) {
    Str list = {0};
    for (int k = 0; k < n && k < 8; k++) str_addf(&list, "%s%s", k ? ", " : "", names[k]);
    diag_note(e, "it has %s%s", list.data, n > 8 ? " ..." : "");
    str_free(&list);
  }
  mem_free((void *)names);
}

static bool find(NativeLib *lib, NativeFn *f, Diags *d) {
  void *p = dlsym(lib->handle, f->name);
  if (p) {
    memcpy(&f->code, &p, sizeof p);
    return true;
  }
  if (!d) return false;
  Diag *e = diag(d, E_NATIVE_SYMBOL, f->span, "the library \"%s\" has no function `%s`", lib->name, f->name);
  suggest(lib, f->name, e);
  return false;
}

bool native_is_open(const NativeLib *lib) { return lib->handle && lib->memory; }

bool native_open(NativeLib *lib, Diags *d) {
  if (native_is_open(lib)) return true;
  if (!load(lib, d)) return false;
  Interface *in = mem_alloc(sizeof *in * (size_t)(lib->nfn + 1));
  bool ok = true;
  for (int k = 0; k < lib->nfn; k++) ok = find(lib, &lib->fn[k], d) && prepare(&lib->fn[k], &in[k], d) && ok;
  lib->memory = in;
  if (!ok) native_close(lib);
  return ok;
}

void native_close(NativeLib *lib) {
  if (lib->handle) dlclose(lib->handle);
  mem_free(lib->memory);
  mem_free(lib->path);
  lib->handle = lib->memory = NULL;
  lib->path = NULL;
  lib->message = NULL;
}

// ---- values ----
// The whole number nearest to x, within its range; 0 for NaN.
static int64_t whole(double x, double lo, double hi, int64_t least, int64_t most) {
  return x != x ? 0 : x >= hi ? most : x <= lo ? least : (int64_t)rint(x);
}
static int64_t whole64(double x) { return whole(x, -0x1p63, 0x1p63, INT64_MIN, INT64_MAX); }
static int32_t whole32(double x) { return (int32_t)whole(x, -0x1p31, 0x1p31 - 1, INT32_MIN, INT32_MAX); }

void native_put(NativeCell *c, NativeType t, double x) {
  switch (t) {
  case NATIVE_REAL: c->real = x; return;
  case NATIVE_REAL32: c->real32 = (float)x; return;
  case NATIVE_INT:
  case NATIVE_COUNT: c->i = whole64(x); return;
  case NATIVE_INT32: c->i32 = whole32(x); return;
  case NATIVE_BOOL: c->b = x != 0; return;
  default: c->p = NULL;
  }
}

// libffi widens whole results to a word.
double native_get(const NativeCell *c, NativeType t) {
  switch (t) {
  case NATIVE_REAL: return c->real;
  case NATIVE_REAL32: return (double)c->real32;
  case NATIVE_INT:
  case NATIVE_COUNT: return (double)c->i;
  case NATIVE_INT32: return (double)(int32_t)c->word;
  case NATIVE_BOOL: return (uint8_t)c->word != 0;
  default: return 0;
  }
}

size_t native_bytes(NativeType t) {
  switch (t) {
  case NATIVE_REAL32: return sizeof(float);
  case NATIVE_INT32: return sizeof(int32_t);
  case NATIVE_BOOL: return sizeof(bool);
  default: return 8;
  }
}

// Where the scale is the inverse of a whole number, that is what numbers are multiplied with and divided by.
#define EACH(expr) \
  for (int64_t k = 0; k < n; k++) expr
#define AS_TYPES(X)                                    \
  switch (t) {                                         \
  case NATIVE_REAL32: X(float, (float)); break;        \
  case NATIVE_INT: X(int64_t, whole64); break;         \
  case NATIVE_INT32: X(int32_t, whole32); break;       \
  case NATIVE_BOOL: X(bool, 0 !=); break;              \
  default: X(double, );                                \
  }

void native_pack(void *to, NativeType t, const double *from, int64_t n, double scale) {
  double r = scale_inverse(scale), factor = r != 0 ? r : 1 / scale;
#define X(type, as) EACH(((type *)to)[k] = as(from[k] * factor))
  AS_TYPES(X)
#undef X
}

void native_unpack(double *to, NativeType t, const void *from, int64_t n, double scale) {
  double r = scale_inverse(scale);
#define X(type, as) if (r != 0) EACH(to[k] = (double)((const type *)from)[k] / r); else EACH(to[k] = (double)((const type *)from)[k] * scale)
  AS_TYPES(X)
#undef X
}
#undef AS_TYPES
#undef EACH

// ---- calls ----
void native_call(const NativeFn *f, NativeCell *args, NativeCell *result) {
  void *p[NATIVE_PARAMS];
  for (int k = 0; k < f->nparams; k++) p[k] = &args[k];
  result->word = 0;
  ffi_call(f->cif, f->code, result, p);
}

const char *native_message(const NativeFn *f) {
  const char *text = f->lib->message ? f->lib->message() : NULL;
  return text && *text ? text : NULL;
}

bool native_failed(const NativeFn *f, const NativeCell *result, char text[static 600]) {
  char *said = f->lib->message ? f->lib->message() : NULL;
  int status = result && f->kernel && f->result == NATIVE_VOID ? (int)result->word : 0;
  bool spoke = said && *said;
  if (!status && !spoke) return false;
  size_t n = (size_t)snprintf(text, 600, "%s %s failed", f->kernel ? "kernel" : "function", f->name);
  if (status) n += (size_t)snprintf(text + n, 600 - n, " with status %d", status);
  if (spoke) snprintf(text + n, 600 - n, ": %.500s", said);
  if (spoke) *said = 0;
  return true;
}

typedef double (*Fn0)(void);
typedef double (*Fn1)(double);
typedef double (*Fn2)(double, double);
typedef double (*Fn3)(double, double, double);
typedef double (*Fn4)(double, double, double, double);

static void lanes_direct(const NativeFn *f, double *d, const double *const *x, const uint8_t *step, int lo, int hi) {
  const size_t s0 = step[0], s1 = step[1], s2 = step[2], s3 = step[3];
#define EACH(type, ...)                              \
  for (size_t i = (size_t)lo; i < (size_t)hi; i++)   \
    d[i] = ((type)f->code)(__VA_ARGS__);             \
  return;
#define X(k) x[k][i * s##k]
  switch (f->direct) {
  case 0: EACH(Fn0)
  case 1: EACH(Fn1, X(0))
  case 2: EACH(Fn2, X(0), X(1))
  case 3: EACH(Fn3, X(0), X(1), X(2))
  default: EACH(Fn4, X(0), X(1), X(2), X(3))
  }
#undef EACH
#undef X
}

static void lanes_through(const NativeFn *f, double *d, const int64_t *mask, const double *const *x, const uint8_t *step, int lo, int hi) {
  NativeCell cell[NATIVE_PARAMS], result = {.word = 0};
  void *p[NATIVE_PARAMS];
  for (int k = 0; k < f->nparams; k++) p[k] = &cell[k];
  for (int i = lo; i < hi; i++) {
    if (mask && !mask[i]) {
      d[i] = 0;
      continue;
    }
    for (int k = 0; k < f->nparams; k++) native_put(&cell[k], (NativeType)f->param[k].type, x[k][i * step[k]]);
    ffi_call(f->cif, f->code, &result, p);
    d[i] = native_get(&result, (NativeType)f->result);
  }
}

bool native_lanes(const NativeFn *f, double *d, const int64_t *mask, const double *const *arg, const uint8_t *step, int lo, int hi) {
  if (f->direct >= 0 && !mask) lanes_direct(f, d, arg, step, lo, hi);
  else lanes_through(f, d, mask, arg, step, lo, hi);
  return !native_message(f);
}
