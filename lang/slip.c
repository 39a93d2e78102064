// SPDX-License-Identifier: MIT
#include "lang/slip.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef struct Slip {
  SlipPlace place;
  const char *word, *hint;
} Slip;
static const Slip SLIPS[] = {
#define SLIP(place, word, hint) {SLIP_##place, word, hint},
#include "lang/slip.def"
#undef SLIP
};

const char *slip_hint(SlipPlace place, const char *word) {
  for (size_t k = 0; k < sizeof SLIPS / sizeof *SLIPS; k++)
    if (SLIPS[k].place == place && strcmp(SLIPS[k].word, word) == 0) return SLIPS[k].hint;
  return NULL;
}

// ---- units ----

typedef struct Spelling {
  const char *wrong, *right;
} Spelling;

// Units as the field uses them: among units that differ in letters only, the first is meant.
static const char *const USUAL[] = {
    "ms", "us", "ns", "s",  "mV", "uV", "nV", "V",  "nA", "pA", "uA", "mA", "A",  "nS", "uS", "mS",  "pS",  "S",   "pF", "nF", "uF",
    "F",  "Hz", "kHz", "MHz", "Mohm", "kohm", "Gohm", "ohm", "um", "nm", "mm", "cm", "m", "mM", "uM", "nM", "K", "mol", "rad"};

static const Spelling WORDS[] = {
    {"second", "s"}, {"sec", "s"}, {"volt", "V"}, {"ampere", "A"}, {"amp", "A"}, {"siemens", "S"}, {"farad", "F"},
    {"hertz", "Hz"}, {"ohm", "ohm"}, {"metre", "m"}, {"meter", "m"}, {"gram", "g"}, {"mole", "mol"}, {"molar", "M"},
    {"coulomb", "C"}, {"joule", "J"}, {"watt", "W"}, {"newton", "N"}, {"kelvin", "K"}, {"litre", "L"}, {"liter", "L"},
    {"minute", "min"}, {"hour", "hour"}};
static const Spelling PREFIXES[] = {{"femto", "f"}, {"pico", "p"}, {"nano", "n"}, {"micro", "u"}, {"milli", "m"},
                                    {"centi", "c"}, {"kilo", "k"}, {"mega", "M"}, {"giga", "G"}, {"m", "m"}, {"u", "u"}, {"k", "k"}, {"M", "M"}};
static const Spelling SHORT[] = {{"degC", "K"}, {"h", "hour"}, {"hr", "hour"}, {"l", "L"}, {"micron", "um"}, {"umho", "uS"}, {"mho", "S"}};

static bool is_unit(const char *name, Unit *out) { return unit_lookup(name, strlen(name), out); }

static bool same_word(const char *name, size_t n, const char *word) {
  size_t w = strlen(word);
  bool plural = n == w + 1 && (name[w] == 's' || name[w] == 'S');
  return (n == w || plural) && strncasecmp(name, word, w) == 0;
}

static bool whole_word(const char *name, const char *prefix, Unit *out) {
  for (size_t k = 0; k < sizeof WORDS / sizeof *WORDS; k++) {
    if (!same_word(name, strlen(name), WORDS[k].wrong)) continue;
    char unit[16];
    snprintf(unit, sizeof unit, "%s%s", prefix, WORDS[k].right);
    return is_unit(unit, out);
  }
  return false;
}

bool slip_unit(const char *name, Unit *out) {
  for (size_t k = 0; k < sizeof SHORT / sizeof *SHORT; k++)
    if (strcmp(SHORT[k].wrong, name) == 0) return is_unit(SHORT[k].right, out);
  if (whole_word(name, "", out)) return true;
  for (size_t k = 0; k < sizeof PREFIXES / sizeof *PREFIXES; k++) {
    size_t n = strlen(PREFIXES[k].wrong);
    bool begins = n > 1 ? strncasecmp(name, PREFIXES[k].wrong, n) == 0 : *name == *PREFIXES[k].wrong;
    if (begins && whole_word(name + n, PREFIXES[k].right, out)) return true;
  }
  for (size_t k = 0; k < sizeof USUAL / sizeof *USUAL; k++)
    if (strcasecmp(USUAL[k], name) == 0) return is_unit(USUAL[k], out);
  return false;
}

bool slip_unit_case(const char *name, Dim d, Unit *out) {
  for (size_t k = 0; k < sizeof USUAL / sizeof *USUAL; k++)
    if (strcasecmp(USUAL[k], name) == 0 && is_unit(USUAL[k], out) && dim_equal(out->dim, d)) return true;
  return false;
}
