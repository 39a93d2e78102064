// SPDX-License-Identifier: MIT
// See ast_print.h. Each `put_` writes one kind of node; statements write no line ends of their own, put_lines does.
#include "lang/ast_print.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Out {
  Str *s;
  int indent;
} Out;

static void put_expr(Out *o, const Node *n, int least);
static void put_statement(Out *o, const Node *n);

static void put(Out *o, const char *text) { str_add(o->s, text); }
static void put_atom(Out *o, Atom a) {
  if (a) str_addn(o->s, a->text, a->n);
}
static void put_value(Out *o, const Node *n) { put_expr(o, n, 0); }

static void put_list(Out *o, Node *const *list, int n) {
  bool any = false;
  for (int k = 0; k < n; k++) {
    if (!list[k]) continue; // an argument of a checked call that was left out
    if (any) put(o, ", ");
    put_value(o, list[k]);
    any = true;
  }
}

// " word expr" if there is one
static void put_option(Out *o, const char *word, const Node *n) {
  if (!n) return;
  str_addf(o->s, " %s ", word);
  put_value(o, n);
}

// ---- units and numbers ----

static void put_exponent(Out *o, double e) {
  if (e == 1) return;
  for (int den = 1; den <= 12; den++) {
    if (fabs(e * den - nearbyint(e * den)) > 1e-9) continue;
    if (den == 1) str_addf(o->s, "^%.0f", e);
    else str_addf(o->s, "^(%.0f/%d)", e * den, den);
    return;
  }
}

static void put_unit(Out *o, const Node *n, bool operand) {
  bool bracket = n->kind == N_UNITOP && (operand || (n->flags & NF_PAREN));
  switch ((NodeKind)n->kind) {
  case N_UNIT:
    put_atom(o, n->name);
    put_exponent(o, n->num);
    break;
  case N_UNITOP:
    if (bracket) put(o, "(");
    put_unit(o, n->kid[0], false);
    put(o, op_text((Op)n->op));
    put_unit(o, n->kid[1], true);
    if (bracket) put(o, ")");
    break;
  case N_LIKE:
    put(o, "like ");
    put_atom(o, n->name);
    break;
  default: put(o, "1");
  }
}

static void put_vartype(Out *o, const Node *unit) {
  if (!unit) return;
  put(o, unit->kind == N_LIKE ? " " : ": ");
  put_unit(o, unit, false);
}

// The text of x with its point two places further right, such that text and "%" read back as x.
static void put_percent(Out *o, double x) {
  char text[40], back[48];
  snprintf(text, sizeof text, "%.15g", x * 100);
  snprintf(back, sizeof back, "%se-2", text);
  if (!strpbrk(text, "en") && strtod(back, NULL) == x) {
    str_addf(o->s, "%s%%", text);
    return;
  }
  snprintf(text, sizeof text, "%.16e", x);
  char *e = strchr(text, 'e');
  long exponent = e ? strtol(e + 1, NULL, 10) : 0;
  if (e) *e = 0;
  str_addf(o->s, "%se%ld%%", text, exponent + 2);
}

static void put_number(Out *o, const Node *n) {
  size_t before = o->s->n;
  if (n->flags & NF_PERCENT) put_percent(o, n->num);
  else if (n->flags & NF_INT) str_addf(o->s, "%.0f", n->num);
  else {
    str_addnum(o->s, n->num);
    if (!strpbrk(o->s->data + before, ".en")) put(o, ".0");
  }
}

static void put_after(Out *o, const Node *unit) {
  if (!unit) return;
  put(o, " ");
  put_unit(o, unit, true);
}

// ---- strings ----

static void put_text(Out *o, const char *text, size_t n) {
  for (size_t k = 0; k < n; k++) {
    unsigned char c = (unsigned char)text[k];
    if (c == '\n') put(o, "\\n");
    else if (c == '\t') put(o, "\\t");
    else if (c == '"' || c == '\\' || c == '{') str_addf(o->s, "\\%c", c);
    else if (c < 0x20 || c == 0x7F) str_addf(o->s, "\\u{%X}", c);
    else str_addc(o->s, (char)c);
  }
}

static void put_plain(Out *o, const Node *n) {
  put(o, "\"");
  put_text(o, n->text ? n->text : "", n->textn);
  put(o, "\"");
}

static void put_string(Out *o, const Node *n) {
  put(o, "\"");
  for (int k = 0; k < n->nlist; k++) {
    const Node *part = n->list[k];
    if (part->kind == N_STRTEXT) {
      put_text(o, part->text, part->textn);
      continue;
    }
    put(o, "{");
    put_value(o, part->kid[0]);
    if (part->text) str_addf(o->s, ":%s", part->text);
    put(o, "}");
  }
  put(o, "\"");
}

// ---- expressions ----

// How tightly an expression holds together; the numbers follow the grammar's precedence.
enum { P_IF, P_OR, P_AND, P_NOT, P_COMPARE, P_IN, P_SUM, P_PRODUCT, P_NEG, P_POWER, P_POSTFIX, P_WORD };

static int binary_level(Op op) {
  switch (op) {
  case OP_OR: return P_OR;
  case OP_AND: return P_AND;
  case OP_ADD: case OP_SUB: return P_SUM;
  case OP_MUL: case OP_DIV: return P_PRODUCT;
  case OP_POW: return P_POWER;
  default: return P_COMPARE;
  }
}

static int level(const Node *n) {
  switch ((NodeKind)n->kind) {
  case N_IFX: return P_IF;
  case N_BINARY: return binary_level((Op)n->op);
  case N_UNARY: return n->op == OP_NOT ? P_NOT : P_NEG;
  case N_IN: return P_IN;
  case N_NUM: return n->num < 0 || signbit(n->num) ? P_NEG : n->kid[0] ? P_POWER : P_POSTFIX;
  case N_CONST: case N_ARRAY: return n->kid[0] ? P_POWER : P_WORD;
  default: return P_WORD;
  }
}

static void put_binary(Out *o, const Node *n) {
  Op op = (Op)n->op;
  int p = binary_level(op);
  bool tight = op == OP_MUL || op == OP_DIV || op == OP_POW;
  put_expr(o, n->kid[0], p == P_COMPARE || p == P_POWER ? p + 1 : p);
  str_addf(o->s, tight ? "%s" : " %s ", op_text(op));
  put_expr(o, n->kid[1], p == P_POWER ? P_NEG : p + 1);
}

static void put_range(Out *o, const Node *n) {
  if (n->kid[0]) put_value(o, n->kid[0]);
  put(o, ":");
  if (n->kid[1]) put_value(o, n->kid[1]);
}

static void put_arg(Out *o, const Node *n) {
  if (n->name) {
    put_atom(o, n->name);
    put(o, " = ");
  }
  put_value(o, n->kid[0]);
  if (n->op) put(o, " over trial");
}

static void put_const(Out *o, const Node *n) {
  static const char *const words[] = {"true", "false", "inf", "nan", "pi"};
  put(o, n->op <= C_PI ? words[n->op] : "?");
  put_after(o, n->kid[0]);
}

static void put_comp(Out *o, const Node *n) {
  put(o, "[");
  put_value(o, n->kid[0]);
  put(o, " for ");
  put_atom(o, n->name);
  put(o, " in ");
  put_value(o, n->kid[1]);
  put(o, "]");
}

static void put_ifx(Out *o, const Node *n) {
  put(o, "if ");
  put_value(o, n->kid[0]);
  put(o, " then ");
  put_value(o, n->kid[1]);
  put(o, " else ");
  put_value(o, n->kid[2]);
}

static void put_applied(Out *o, const Node *n, const char *open, const char *close) {
  put_expr(o, n->kid[0], P_POSTFIX + 1);
  put(o, open);
  put_list(o, n->list, n->nlist);
  put(o, close);
}

static void put_bare(Out *o, const Node *n) {
  switch ((NodeKind)n->kind) {
  case N_NUM: put_number(o, n); put_after(o, n->kid[0]); break;
  case N_CONST: put_const(o, n); break;
  case N_STR: put_string(o, n); break;
  case N_NAME: case N_UNIT: put_atom(o, n->name); break;
  case N_UNARY:
    put(o, n->op == OP_NOT ? "not " : "-");
    put_expr(o, n->kid[0], n->op == OP_NOT ? P_NOT : P_NEG);
    break;
  case N_BINARY: put_binary(o, n); break;
  case N_IN:
    put_expr(o, n->kid[0], P_IN);
    put(o, " in ");
    put_unit(o, n->kid[1], false);
    break;
  case N_IFX: put_ifx(o, n); break;
  case N_CALL: put_applied(o, n, "(", ")"); break;
  case N_INDEX: put_applied(o, n, "[", "]"); break;
  case N_ARG: put_arg(o, n); break;
  case N_MEMBER:
    put_expr(o, n->kid[0], P_POSTFIX + 1);
    put(o, ".");
    put_atom(o, n->name);
    break;
  case N_RANGE: put_range(o, n); break;
  case N_WHERE: put(o, "where "); put_value(o, n->kid[0]); break;
  case N_ARRAY:
    put(o, "[");
    put_list(o, n->list, n->nlist);
    put(o, "]");
    put_after(o, n->kid[0]);
    break;
  case N_COMP: put_comp(o, n); break;
  case N_PREV: put(o, "prev "); put_value(o, n->kid[0]); break;
  default: put_statement(o, n);
  }
}

// An expression; in brackets if it was written so or holds together less than `least`.
static void put_expr(Out *o, const Node *n, int least) {
  if (!n) return; // an argument left out, in a checked tree
  bool bracket = (n->flags & NF_PAREN) || level(n) < least;
  if (bracket) put(o, "(");
  put_bare(o, n);
  if (bracket) put(o, ")");
}

// ---- lines and blocks ----

static void new_line(Out *o) {
  str_addc(o->s, '\n');
  for (int k = 0; k < o->indent; k++) put(o, "  ");
}

static void put_doc(Out *o, const char *doc) {
  while (doc) {
    const char *end = strchr(doc, '\n');
    size_t n = end ? (size_t)(end - doc) : strlen(doc);
    put(o, n ? "## " : "##");
    str_addn(o->s, doc, n);
    new_line(o);
    doc = end ? end + 1 : NULL;
  }
}

static bool has_block(const Node *n) {
  switch ((NodeKind)n->kind) {
  case N_ASSIGN: case N_EXPRSTMT: case N_BIND: case N_COLLECT: case N_RUN: case N_RESET: case N_RECORD: case N_PRINT:
  case N_RETURN: case N_PRESENT: case N_MINIMIZE: case N_EXPECT: return false;
  case N_LET: return n->doc || (n->kid[0] && n->kid[0]->kind == N_SWEEP);
  default: return true;
  }
}

// " { a; b }" on one line if it is short, else one statement a line.
static void put_braces(Out *o, Node *const *list, int n, const char *between) {
  bool one_line = n <= 3;
  for (int k = 0; k < n && one_line; k++) one_line = !has_block(list[k]);
  if (!n) {
    put(o, " {}");
    return;
  }
  put(o, " {");
  o->indent += !one_line;
  for (int k = 0; k < n; k++) {
    if (one_line) put(o, k ? between : " ");
    else new_line(o);
    put_statement(o, list[k]);
  }
  o->indent -= !one_line;
  if (one_line) put(o, " ");
  else new_line(o);
  put(o, "}");
}

static void put_block(Out *o, const Node *block) {
  if (block) put_braces(o, block->list, block->nlist, "; ");
}

// The body of a declaration: always one part a line.
static void put_body(Out *o, const Node *n) {
  put(o, " {");
  o->indent++;
  for (int k = 0; k < n->nlist; k++) {
    new_line(o);
    put_statement(o, n->list[k]);
  }
  o->indent--;
  if (n->nlist) new_line(o);
  put(o, "}");
}

// ---- declarations and parts ----

static void put_init(Out *o, const Node *n) {
  put_atom(o, n->name);
  put_vartype(o, n->kid[1]);
  if (!n->kid[0]) return;
  put(o, n->op == OP_DRAW ? " ~ " : " = ");
  put_value(o, n->kid[0]);
}

static void put_var(Out *o, const Node *n) {
  switch ((NodeKind)n->kind) {
  case N_PARAM: put(o, "param "); break;
  case N_INPUT: put(o, "input "); break;
  case N_STATE: put(o, n->place == PLACE_PRE ? "pre state " : n->place == PLACE_POST ? "post state " : "state "); break;
  case N_WEIGHT: put(o, "weight "); break;
  case N_SIGNAL: put(o, "signal "); break;
  default: put(o, n->flags & NF_CONST ? "const " : "let ");
  }
  put_init(o, n);
}

static void put_fparam(Out *o, const Node *n) {
  put_atom(o, n->name);
  if (n->kid[0]) {
    put(o, n->op == DIR_OUT ? ": out " : n->op == DIR_INOUT ? ": inout " : ": ");
    put_unit(o, n->kid[0], false);
  }
  if (n->nlist) {
    put(o, "[");
    put_list(o, n->list, n->nlist);
    put(o, "]");
  }
  if (n->kid[1]) {
    put(o, " = ");
    put_value(o, n->kid[1]);
  }
}

static void put_fparams(Out *o, const Node *n) {
  put(o, "(");
  for (int k = 0; k < n->nlist2; k++) {
    if (k) put(o, ", ");
    put_fparam(o, n->list2[k]);
  }
  put(o, ")");
}

static void put_model(Out *o, const Node *n, const char *word) {
  put(o, word);
  put_atom(o, n->name);
  if (n->name2) {
    put(o, " extends ");
    put_atom(o, n->name2);
  }
  put_body(o, n);
}

// The parameters of a network: one a line if any is documented.
static void put_network(Out *o, const Node *n) {
  put(o, "network ");
  put_atom(o, n->name);
  bool lines = false;
  for (int k = 0; k < n->nlist2; k++) lines |= n->list2[k]->doc != NULL;
  if (n->nlist2) put(o, "(");
  o->indent += lines;
  for (int k = 0; k < n->nlist2; k++) {
    if (k) put(o, lines ? "," : ", ");
    if (lines) new_line(o);
    if (lines) put_doc(o, n->list2[k]->doc);
    put_init(o, n->list2[k]);
  }
  o->indent -= lines;
  if (lines) new_line(o);
  if (n->nlist2) put(o, ")");
  put_body(o, n);
}

static void put_function(Out *o, const Node *n) {
  put(o, "function ");
  put_atom(o, n->name);
  put_fparams(o, n);
  if (n->kid[1]) {
    put_body(o, n->kid[1]);
    return;
  }
  put(o, " = ");
  put_value(o, n->kid[0]);
}

static void put_nativefn(Out *o, const Node *n) {
  if (n->flags & NF_IMPURE) put(o, "impure ");
  if (n->flags & NF_KERNEL) put(o, "kernel ");
  put_atom(o, n->name);
  put_fparams(o, n);
  if (n->kid[0]) {
    put(o, " -> ");
    put_unit(o, n->kid[0], false);
  }
  if (n->name2) {
    put(o, " derivative ");
    put_atom(o, n->name2);
  }
}

static void put_use(Out *o, const Node *n) {
  put(o, "use ");
  if (n->name) put_atom(o, n->name);
  else put_plain(o, n);
}

static void put_spike(Out *o, const Node *n) {
  put(o, n->kind == N_SPIKECOUNT ? "spike count " : "spike when ");
  put_value(o, n->kid[0]);
  put_option(o, "crosses", n->kid[1]);
  if (n->name) {
    put(o, " surrogate ");
    put_atom(o, n->name);
    if (n->nlist) put(o, "(");
    put_list(o, n->list, n->nlist);
    if (n->nlist) put(o, ")");
    if (n->op) put(o, " detached");
  }
  put_block(o, n->kid[2]);
}

static void put_on(Out *o, const Node *n) {
  static const char *const words[] = {"step", "every ", "start", "pre", "post", "update"};
  str_addf(o->s, "on %s", n->op <= ON_UPDATE ? words[n->op] : "?");
  if (n->kid[0]) put_value(o, n->kid[0]);
  if (n->name) put(o, ".");
  put_atom(o, n->name);
  put_block(o, n->kid[2]);
}

static void put_scaled(Out *o, const Node *n) {
  put(o, "scaled in ");
  for (int k = 0; k < n->nlist2; k++) {
    if (k) put(o, ", ");
    put_unit(o, n->list2[k], false);
  }
  put_body(o, n);
}

static void put_refractory(Out *o, const Node *n) {
  put(o, n->kind == N_REFRWHILE ? "refractory while " : "refractory ");
  put_value(o, n->kid[0]);
  if (!n->nlist) return;
  put(o, " holding ");
  put_list(o, n->list, n->nlist);
}

static void put_event(Out *o, const Node *n) {
  put(o, "event ");
  put_atom(o, n->name);
  put_option(o, "when", n->kid[0]);
  put_block(o, n->kid[2]);
}

static void put_require(Out *o, const Node *n) {
  put(o, "require ");
  put_value(o, n->kid[0]);
  put(o, ", ");
  put_value(o, n->kid[1]);
}

// ---- network items ----

static void put_learn(Out *o, const Node *n, int from, int to) {
  if (from >= to) return;
  put(o, " learn ");
  put_list(o, n->list3 + from, to - from);
}

static void put_binds(Out *o, const Node *n) {
  if (n->nlist) put_braces(o, n->list, n->nlist, ", ");
}

// The [k in 0:3] of several made at once.
static void put_numbered(Out *o, const Node *n) {
  if (!n->name2) return;
  put(o, "[");
  put_atom(o, n->name2);
  put(o, " in ");
  put_value(o, n->kid[1]);
  put(o, "]");
}

static void put_population(Out *o, const Node *n) {
  put(o, "population ");
  put_atom(o, n->name);
  put_numbered(o, n);
  put(o, " = ");
  put_value(o, n->kid[0]);
  put(o, "[");
  put_list(o, n->list2, n->nlist2);
  put(o, "]");
  put_binds(o, n);
  put_learn(o, n, 0, n->nlist3);
}

static void put_pattern(Out *o, const Node *n) {
  static const char *const words[] = {"all to all",      "one to one",  "with probability ", "with indegree ",
                                      "with outdegree ", "with total ", "where ",            "from "};
  put(o, n->op <= PAT_FROM ? words[n->op] : "?");
  if (n->op == PAT_FROM) {
    put(o, "(");
    put_list(o, n->kid[0]->list, n->kid[0]->nlist);
    put(o, ")");
  } else if (n->kid[0]) {
    put_value(o, n->kid[0]);
  }
  if (n->kid[1]) put(o, ",");
  put_option(o, "where", n->kid[1]);
  if (n->flags & NF_NO_SELF) put(o, ", no self");
  if (n->flags & NF_NO_MULTIPLE) put(o, ", no multiple");
}

static void put_connect(Out *o, const Node *n) {
  put(o, "connect ");
  if (n->name) {
    put_atom(o, n->name);
    put(o, ": ");
  }
  put_value(o, n->kid[0]);
  put(o, " -> ");
  put_value(o, n->kid[1]);
  put_learn(o, n, 0, n->op);
  put_option(o, "via", n->kid[2]);
  if (n->kid[3]) {
    put(o, " ");
    put_pattern(o, n->kid[3]);
  }
  if (n->nlist2) put_option(o, "sharing", n->list2[0]);
  if (n->flags & NF_TRANSPOSED) put(o, " transposed");
  put_binds(o, n);
  put_learn(o, n, n->op, n->nlist3);
}

static void put_inject(Out *o, const Node *n) {
  put(o, "inject ");
  put_value(o, n->kid[0]);
  put_option(o, "into", n->kid[1]);
  put_option(o, "from", n->kid[2]);
  put_option(o, "to", n->kid[3]);
}

static void put_injspikes(Out *o, const Node *n) {
  put(o, n->kid[2] ? "inject spikes from (" : "inject spikes at ");
  if (n->kid[2]) {
    put_value(o, n->kid[2]);
    put(o, ", ");
  }
  put_value(o, n->kid[0]);
  if (n->kid[2]) put(o, ")");
  put_option(o, "into", n->kid[1]);
}

static void put_record(Out *o, const Node *n) {
  put(o, "record ");
  if (n->name) {
    put_atom(o, n->name);
    put(o, " = ");
  }
  if (n->kind == N_RECSPIKES) put(o, "spikes of ");
  put_value(o, n->kid[0]);
  if (n->kind == N_RECSPIKES && n->nlist) {
    put(o, " with ");
    put_list(o, n->list, n->nlist);
  }
  put_option(o, "every", n->kid[1]);
  put_option(o, "to", n->kid[2]);
}

// ---- statements ----

static void put_word(Out *o, const char *word, const Node *value) {
  put(o, word);
  if (!value) return;
  put(o, " ");
  put_value(o, value);
}

static void put_assign(Out *o, const Node *n) {
  put_value(o, n->kid[0]);
  Op op = (Op)n->op;
  if (op == OP_NONE || op == OP_DRAW) str_addf(o->s, " %s ", op_text(op));
  else str_addf(o->s, " %s= ", op_text(op));
  put_value(o, n->kid[1]);
}

static void put_bind(Out *o, const Node *n) {
  put_value(o, n->kid[2]);
  put(o, n->op == OP_DRAW ? " ~ " : " = ");
  put_value(o, n->kid[0]);
}

static void put_if(Out *o, const Node *n) {
  put_word(o, "if", n->kid[0]);
  put_block(o, n->kid[1]);
  if (!n->kid[2]) return;
  put(o, " else");
  if (n->kid[2]->kind == N_IF) {
    put(o, " ");
    put_if(o, n->kid[2]);
  } else {
    put_block(o, n->kid[2]);
  }
}

static void put_loop(Out *o, const Node *n, const char *word) {
  put(o, word);
  put_atom(o, n->name);
  put(o, " in ");
  put_value(o, n->kid[0]);
  put_block(o, n->kid[2]);
}

static void put_run(Out *o, const Node *n) {
  put(o, n->op == RUN_UNTIL ? "run until " : "run ");
  put_value(o, n->kid[0]);
  if (n->op == RUN_STEPS) put(o, " steps");
}

static void put_plotitem(Out *o, const Node *n) {
  put_value(o, n->kid[0]);
  put_option(o, "against", n->kid[1]);
}

static void put_train(Out *o, const Node *n) {
  put_word(o, "train", n->kid[0]);
  put(o, " epochs");
  put_option(o, "on", n->kid[1]);
  put_option(o, "batch", n->kid[2]);
  put_braces(o, n->list, n->nlist, "; ");
}

static void put_present(Out *o, const Node *n) {
  put_word(o, "present", n->kid[0]);
  put_option(o, "to", n->kid[1]);
  if (n->op) put(o, " each step");
  put_option(o, "for", n->kid[2]);
}

static void put_words(Out *o, const char *word, const Node *n) {
  put(o, word);
  if (n->nlist) put(o, " ");
  put_list(o, n->list, n->nlist);
}

static void put_file(Out *o, const Node *n) {
  for (int k = 0; k < n->nlist; k++) {
    bool decl = n->list[k]->kind >= N_NEURON && n->list[k]->kind <= N_NATIVE;
    if (k && (decl || (n->list[k - 1]->kind >= N_NEURON && n->list[k - 1]->kind <= N_NATIVE))) put(o, "\n");
    put_statement(o, n->list[k]);
    put(o, "\n");
  }
}

// A line may not begin with a minus: such a value is printed in brackets.
static bool begins_with_minus(const Node *n) {
  while (!(n->flags & NF_PAREN) && (n->kind == N_BINARY || n->kind == N_IN)) n = n->kid[0];
  return n->kind == N_UNARY && n->op == OP_NEG && !(n->flags & NF_PAREN);
}

static void put_script(Out *o, const Node *n) {
  switch ((NodeKind)n->kind) {
  case N_BLOCK: put_block(o, n); break;
  case N_SET: put_words(o, "set", n); break;
  case N_RUN: put_run(o, n); break;
  case N_RESET: put(o, n->op ? "reset same" : "reset"); break;
  case N_STORE: put_word(o, "store", n->kid[0]); break;
  case N_RESTORE: put_word(o, "restore", n->kid[0]); break;
  case N_CHECKPOINT: put_word(o, "checkpoint", n->kid[0]); break;
  case N_RESUME: put_word(o, "resume", n->kid[0]); break;
  case N_AT: put_word(o, "at", n->kid[0]); put_block(o, n->kid[2]); break;
  case N_EVERY: put_word(o, "every", n->kid[0]); put_block(o, n->kid[2]); break;
  case N_SWEEP: put_loop(o, n, "sweep "); break;
  case N_COLLECT: put_words(o, "collect", n); break;
  case N_ASSIGN: put_assign(o, n); break;
  case N_IF: put_if(o, n); break;
  case N_FOR: put_loop(o, n, "for "); break;
  case N_WHILE: put_word(o, "while", n->kid[0]); put_block(o, n->kid[2]); break;
  case N_PRINT: put_words(o, "print", n); break;
  case N_PLOT: put_words(o, "plot", n); put_option(o, "title", n->kid[0]); put_option(o, "as", n->kid[1]); break;
  case N_PLOTITEM: put_plotitem(o, n); break;
  case N_SAVE: put_word(o, "save", n->kid[0]); put_option(o, "to", n->kid[1]); break;
  case N_EXPECT:
    put_word(o, "expect", n->kid[0]);
    put_option(o, "near", n->kid[1]);
    put_option(o, "within", n->kid[2]);
    break;
  case N_TEST: put(o, "test "); put_plain(o, n); put_block(o, n->kid[2]); break;
  case N_TRAIN: put_train(o, n); break;
  case N_PRESENT: put_present(o, n); break;
  case N_MINIMIZE: put_word(o, "minimize", n->kid[0]); put_option(o, "with", n->kid[1]); break;
  case N_LEARNING: put(o, n->op ? "learning on" : "learning off"); break;
  case N_RETURN: put_word(o, "return", n->kid[0]); break;
  case N_EXPRSTMT: put_expr(o, n->kid[0], begins_with_minus(n->kid[0]) ? P_WORD + 1 : 0); break;
  case N_FILE: put_file(o, n); break;
  default: str_addf(o->s, "<%s>", node_kind_name((NodeKind)n->kind));
  }
}

static void put_statement(Out *o, const Node *n) {
  put_doc(o, n->doc);
  switch ((NodeKind)n->kind) {
  case N_NEURON: put_model(o, n, "neuron "); break;
  case N_SYNAPSE: put_model(o, n, "synapse "); break;
  case N_RULE: put_model(o, n, "rule "); break;
  case N_NETWORK: put_network(o, n); break;
  case N_FUNCTION: put_function(o, n); break;
  case N_FPARAM: put_fparam(o, n); break;
  case N_NATIVE: put(o, "native "); put_plain(o, n); put_body(o, n); break;
  case N_NATIVEFN: put_nativefn(o, n); break;
  case N_USE: put_use(o, n); break;
  case N_PARAM: case N_INPUT: case N_STATE: case N_WEIGHT: case N_SIGNAL: case N_LET: put_var(o, n); break;
  case N_REQUIRE: put_require(o, n); break;
  case N_EQUATION: put_value(o, n->kid[0]); put(o, " = "); put_value(o, n->kid[1]); break;
  case N_METHOD: put(o, "method "); put_atom(o, n->name); break;
  case N_SPIKEWHEN: case N_SPIKECROSS: case N_SPIKECOUNT: put_spike(o, n); break;
  case N_REFRACTORY: case N_REFRWHILE: put_refractory(o, n); break;
  case N_EVENT: put_event(o, n); break;
  case N_ON: put_on(o, n); break;
  case N_INJECTS: put_word(o, "inject", n->kid[0]); break;
  case N_SCALED: put_scaled(o, n); break;
  case N_POPULATION: put_population(o, n); break;
  case N_BIND: put_bind(o, n); break;
  case N_CONNECT: put_connect(o, n); break;
  case N_PATTERN: put_pattern(o, n); break;
  case N_INJECT: put_inject(o, n); break;
  case N_INJSPIKES: put_injspikes(o, n); break;
  case N_RECSPIKES: case N_RECORD: put_record(o, n); break;
  case N_BUILD:
    put(o, "build ");
    put_atom(o, n->name);
    put_numbered(o, n);
    put(o, " = ");
    put_value(o, n->kid[0]);
    break;
  default: put_script(o, n);
  }
}

void ast_print(const Node *n, Str *out) {
  Out o = {.s = out};
  if (n->kind < N_UNIT) put_value(&o, n);
  else if (n->kind <= N_LIKE) put_unit(&o, n, false);
  else put_statement(&o, n);
}

void ast_print_unit(const Node *n, Str *out) {
  Out o = {.s = out};
  put_unit(&o, n, false);
}
