// SPDX-License-Identifier: MIT
// A look into the file of a library, for messages: which machine it is made for, and which functions it has. Files of the
// ELF format alone; of others nothing is said.
#include "vm/ffi.h"

#include "base/arena.h"

#include <stdio.h>
#include <string.h>

#if defined(__has_include)
#if __has_include(<elf.h>)
#define HAVE_ELF 1
#endif
#endif

static char *copy(const char *text) {
  size_t n = strlen(text) + 1;
  return memcpy(mem_alloc(n), text, n);
}

#ifdef HAVE_ELF
#include <dlfcn.h>
#include <elf.h>
#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <sys/stat.h>

char *native_path(void *handle, const char *otherwise) {
  struct link_map *map = NULL;
  bool told = dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && map && map->l_name && *map->l_name && strncmp(map->l_name, "/proc/", 6) != 0;
  return copy(told ? map->l_name : otherwise);
}

// A line of /proc/self/maps: addresses, rights, offset, device, inode, path; behind that of a file that is gone " (deleted)".
static bool is_older(const char *line, const char *path, ino_t inode) {
  unsigned long long mapped = 0;
  int at = 0;
  size_t n = strlen(path);
  if (sscanf(line, "%*s %*s %*s %*s %llu %n", &mapped, &at) < 1 || !at || mapped == inode) return false;
  return strncmp(line + at, path, n) == 0 && (line[at + n] == '\n' || strcmp(line + at + n, " (deleted)\n") == 0);
}

bool native_replaced(const char *path) {
  struct stat file;
  char real[PATH_MAX], line[PATH_MAX + 256];
  bool older = false;
  FILE *f = stat(path, &file) == 0 && realpath(path, real) ? fopen("/proc/self/maps", "r") : NULL;
  while (f && !older && fgets(line, sizeof line, f)) older = is_older(line, real, file.st_ino);
  if (f) fclose(f);
  return older;
}

static bool read_at(FILE *f, uint64_t at, void *to, size_t n) {
  return fseek(f, (long)at, SEEK_SET) == 0 && fread(to, 1, n, f) == n;
}

static bool elf_header(FILE *f, Elf64_Ehdr *h) {
  return read_at(f, 0, h, sizeof *h) && memcmp(h->e_ident, ELFMAG, SELFMAG) == 0;
}

static const char *machine_name(unsigned machine) {
  switch (machine) {
  case EM_X86_64: return "x86-64";
  case EM_AARCH64: return "AArch64";
  case EM_386: return "32-bit x86";
  case EM_ARM: return "32-bit ARM";
  case EM_PPC64: return "POWER";
  case EM_RISCV: return "RISC-V";
  case EM_S390: return "IBM Z";
  default: return "another processor";
  }
}

const char *native_machine(const char *path, char buf[static 160]) {
  Elf64_Ehdr it, own;
  FILE *f = fopen(path, "rb"), *g = fopen("/proc/self/exe", "rb");
  bool known = f && g && elf_header(f, &it) && elf_header(g, &own);
  if (f) fclose(f);
  if (g) fclose(g);
  if (!known || (it.e_machine == own.e_machine && it.e_ident[EI_CLASS] == own.e_ident[EI_CLASS])) return NULL;
  snprintf(buf, 160, "it is made for %s, this is %s", machine_name(it.e_machine), machine_name(own.e_machine));
  return buf;
}

// Reads n bytes into memory of its own; NULL if they are not there.
static void *take(FILE *f, uint64_t at, uint64_t n) {
  if (n == 0 || n > 1 << 28) return NULL;
  char *p = mem_alloc((size_t)n + 1);
  if (read_at(f, at, p, (size_t)n)) return p;
  mem_free(p);
  return NULL;
}

// One block of memory: the list, then the table of names.
static const char **list_functions(const Elf64_Sym *sym, size_t nsym, const char *names, size_t nnames, int *n) {
  const char **list = mem_alloc(sizeof *list * (nsym + 1) + nnames + 1);
  char *text = (char *)(list + nsym + 1);
  memcpy(text, names, nnames);
  for (size_t k = 0; k < nsym; k++) {
    bool function = ELF64_ST_TYPE(sym[k].st_info) == STT_FUNC && sym[k].st_shndx != SHN_UNDEF;
    if (function && sym[k].st_name < nnames) list[(*n)++] = text + sym[k].st_name;
  }
  return list;
}

static const char **section_functions(FILE *f, const Elf64_Shdr *section, int nsections, int *n) {
  for (int k = 0; k < nsections; k++) {
    if (section[k].sh_type != SHT_DYNSYM || section[k].sh_link >= (uint32_t)nsections) continue;
    const Elf64_Shdr *text = &section[section[k].sh_link];
    Elf64_Sym *sym = take(f, section[k].sh_offset, section[k].sh_size);
    char *names = take(f, text->sh_offset, text->sh_size);
    const char **list = NULL;
    if (sym && names) list = list_functions(sym, section[k].sh_size / sizeof *sym, names, text->sh_size, n);
    mem_free(sym);
    mem_free(names);
    return list;
  }
  return NULL;
}

const char **native_symbols(const char *path, int *n) {
  Elf64_Ehdr h;
  const char **list = NULL;
  *n = 0;
  FILE *f = fopen(path, "rb");
  if (f && elf_header(f, &h) && h.e_ident[EI_CLASS] == ELFCLASS64 && h.e_shentsize == sizeof(Elf64_Shdr)) {
    Elf64_Shdr *section = take(f, h.e_shoff, (uint64_t)h.e_shnum * sizeof(Elf64_Shdr));
    if (section) list = section_functions(f, section, h.e_shnum, n);
    mem_free(section);
  }
  if (f) fclose(f);
  return list;
}

#else

char *native_path(void *handle, const char *otherwise) { return (void)handle, copy(otherwise); }
bool native_replaced(const char *path) { return (void)path, false; }
const char *native_machine(const char *path, char buf[static 160]) { return (void)path, (void)buf, NULL; }
const char **native_symbols(const char *path, int *n) { return (void)path, *n = 0, NULL; }

#endif
