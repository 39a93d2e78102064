// SPDX-License-Identifier: MIT
// hebb lsp: the language server, where hebb was built with jansson.
#include "cli/cli.h"

#include <string.h>

#ifdef HAVE_JANSSON
#include "cli/lsp.h"

int cmd_lsp(int argc, char **argv) {
  // Editors say --stdio, though there is no other way.
  if (argc > 2 || (argc == 2 && strcmp(argv[1], "--stdio") != 0)) return usage_error("lsp", "it takes no arguments");
  return lsp_run();
}
#else
int cmd_lsp(int argc, char **argv) {
  (void)argc, (void)argv;
  return usage_error("lsp", "this hebb was built without jansson, which the language server needs: install it (Debian, "
                            "Ubuntu: libjansson-dev; Fedora: jansson-devel; Arch, macOS: jansson), configure and build again");
}
#endif
