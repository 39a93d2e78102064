// SPDX-License-Identifier: MIT
// hebb explain E0412: the page of a message.
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

static void print_indented(const char *text) {
  for (const char *line = text; *line;) {
    size_t n = strcspn(line, "\n");
    printf("    %.*s\n", (int)n, line);
    line += n + (line[n] == '\n');
  }
}

// Words wrapped at 78 columns.
static void print_wrapped(const char *text) {
  size_t column = 0;
  for (const char *word = text; *word;) {
    size_t n = strcspn(word, " \n");
    if (column && column + 1 + n > 78) {
      putchar('\n');
      column = 0;
    }
    if (column) putchar(' '), column++;
    printf("%.*s", (int)n, word);
    column += n;
    word += n;
    while (*word == ' ' || *word == '\n') word++;
  }
  putchar('\n');
}

static void print_page(const DiagPage *p) {
  printf("E%04d: %s\n\n", p->number, p->title);
  print_wrapped(p->page);
  if (*p->bad) {
    printf("\nFor example\n\n");
    print_indented(p->bad);
  }
  if (*p->good) {
    printf("\nmended:\n\n");
    print_indented(p->good);
  }
}

int cmd_explain(int argc, char **argv) {
  DiagPage page;
  if (argc != 2) return usage_error("explain", "which message? for instance: hebb explain E0412");
  if (!diag_page(argv[1], &page)) return usage_error("explain", "there is no message %s", argv[1]);
  print_page(&page);
  return EXIT_DONE;
}
